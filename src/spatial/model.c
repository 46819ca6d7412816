/* SPDX-License-Identifier: Apache-2.0
 *
 * From the parts of a file to a tree: names resolved, parents first, inputs counted.
 */
#include "spatial/model.h"

#include <stdio.h>

/* Scratch of one build. */
struct build {
    const struct sn_model_part *parts;
    uint32_t count;
    int32_t *parent; /* of each part: index of a part; -1: the base */
    uint32_t *order; /* parts in the order of the frames */
    uint32_t *frame; /* of each part */
    struct sn_error *error;
};

static bool is_base(const char *name)
{
    return !name[0] || strcmp(name, "world") == 0;
}

static int32_t find_part(const struct build *b, const char *id)
{
    for (uint32_t i = 0; i < b->count; i++)
        if (strcmp(b->parts[i].id, id) == 0)
            return (int32_t)i;
    return -1;
}

static int check_names(const struct build *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        const struct sn_model_part *part = &b->parts[i];

        if (strcmp(part->id, "world") == 0)
            return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT,
                                "reserved word: cannot name a %s 'world'",
                                part->kind == SN_FRAME_STATIC ? "link" : "joint");
        if (find_part(b, part->id) != (int32_t)i)
            return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT,
                                "there are two links or joints with the id \"%s\"", part->id);
    }
    return 0;
}

static bool is_leaf(const struct build *b, const char *id)
{
    for (uint32_t i = 0; i < b->count; i++)
        if (strcmp(b->parts[i].parent, id) == 0)
            return false;
    return true;
}

static int not_one_leaf(const struct build *b)
{
    char list[512];
    size_t used = 0;

    list[0] = 0;
    for (uint32_t i = 0; i < b->count && used < sizeof(list); i++)
        if (is_leaf(b, b->parts[i].id))
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? " " : "",
                                     b->parts[i].id);
    return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT,
                        "need exactly one end effector, have [%s]", list);
}

/* The part that is the end. */
static int find_end(const struct build *b, const char *output, uint32_t *ret_end)
{
    uint32_t leaves = 0;

    if (output) {
        int32_t found = find_part(b, output);
        if (found < 0)
            return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT,
                                "primary output frame \"%s\" not found in frame system", output);
        *ret_end = (uint32_t)found;
        return 0;
    }
    for (uint32_t i = 0; i < b->count; i++) {
        if (!is_leaf(b, b->parts[i].id))
            continue;
        *ret_end = i;
        leaves++;
    }
    return leaves == 1 ? 0 : not_one_leaf(b);
}

static int resolve_parents(struct build *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        const char *parent = b->parts[i].parent;

        b->parent[i] = is_base(parent) ? -1 : find_part(b, parent);
        if (b->parent[i] < 0 && !is_base(parent))
            return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT,
                                "frame named '%s' not in the list of transforms", parent);
    }
    return 0;
}

/* Puts the children of a part (-1: of the base) behind those that are in order already, by name. */
static void append_children(struct build *b, int32_t parent, uint32_t *done)
{
    uint32_t first = *done;

    for (uint32_t i = 0; i < b->count; i++) {
        uint32_t at = *done;

        if (b->parent[i] != parent)
            continue;
        for (; at > first && strcmp(b->parts[i].id, b->parts[b->order[at - 1]].id) < 0; at--)
            b->order[at] = b->order[at - 1];
        b->order[at] = i;
        ++*done;
    }
}

/* Breadth first. What the base doesn't lead to is a circle. */
static int sort_parts(struct build *b)
{
    uint32_t done = 0;

    append_children(b, -1, &done);
    for (uint32_t i = 0; i < done; i++) {
        b->frame[b->order[i]] = i;
        append_children(b, (int32_t)b->order[i], &done);
    }
    if (done < b->count)
        return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT,
                            "infinite loop finding path from end effector to world");
    return 0;
}

static int make_frames(struct build *b, struct sn_model *model)
{
    for (uint32_t i = 0; i < b->count; i++) {
        const struct sn_model_part *part = &b->parts[b->order[i]];
        int32_t parent = b->parent[b->order[i]];
        struct sn_model_frame *frame = &model->frames[i];
        double length = sn_vec3_norm(part->axis);

        *frame = (struct sn_model_frame){.part = part, .input = -1, .multiplier = 1};
        frame->parent = parent < 0 ? -1 : (int32_t)b->frame[parent];
        if (part->kind == SN_FRAME_STATIC)
            continue;
        if (!(length > 0) || !isfinite(length))
            return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT,
                                part->kind == SN_FRAME_PRISMATIC
                                    ? "cannot use zero vector as translation axis"
                                    : "cannot use zero vector as rotation axis");
        frame->axis = sn_vec3_scale(part->axis, 1 / length);
        if (part->mimic)
            continue;
        if (model->dof == SN_MODEL_DOF_MAX)
            return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT, "more than %d joints",
                                SN_MODEL_DOF_MAX);
        frame->input = (int32_t)model->dof;
        model->inputs[model->dof++] = i;
    }
    return 0;
}

/* A joint that follows may follow one that follows: down to the joint that has an input. */
static int resolve_mimic(const struct build *b, struct sn_model *model,
                         struct sn_model_frame *frame)
{
    const struct sn_model_part *part = frame->part;

    frame->addend = 0;
    for (uint32_t steps = 0; part->mimic; steps++) {
        int32_t source = find_part(b, part->mimic);

        if (source < 0 || b->parts[source].kind == SN_FRAME_STATIC)
            return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT,
                                "mimic joint references non-existent source joint: joint \"%s\" "
                                "references source \"%s\"%s",
                                part->id, part->mimic, source < 0 ? "" : " which has no DoF");
        if (steps > b->count)
            return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT,
                                "circular mimic joint reference detected: joint \"%s\"",
                                frame->part->id);
        frame->addend += frame->multiplier * part->addend;
        frame->multiplier *= part->multiplier;
        part = &b->parts[source];
    }
    frame->input = model->frames[b->frame[part - b->parts]].input;
    return 0;
}

static int resolve_mimics(const struct build *b, struct sn_model *model)
{
    for (uint32_t i = 0; i < model->count; i++) {
        int code = model->frames[i].part->mimic ? resolve_mimic(b, model, &model->frames[i]) : 0;
        if (code)
            return code;
    }
    return 0;
}

/* How far a frame's own move can take its end from its start. */
static double frame_reach(const struct sn_model_frame *frame)
{
    const struct sn_model_part *part = frame->part;

    if (part->kind == SN_FRAME_STATIC)
        return sn_vec3_norm(part->offset.point);
    if (part->kind == SN_FRAME_PRISMATIC && !part->mimic)
        return fmax(fabs(part->min), fabs(part->max));
    return part->kind == SN_FRAME_PRISMATIC ? INFINITY : 0;
}

static void make_chain(struct sn_model *model)
{
    for (int32_t at = (int32_t)model->end; at >= 0; at = model->frames[at].parent)
        model->chain_len++;
    uint32_t left = model->chain_len;
    for (int32_t at = (int32_t)model->end; at >= 0; at = model->frames[at].parent) {
        model->chain[--left] = (uint32_t)at;
        model->reach += frame_reach(&model->frames[at]);
    }
}

static bool alloc_build(struct build *b, struct sn_model *model, struct sn_arena *arena)
{
    size_t n = b->count ? b->count : 1;

    b->parent = sn_arena_alloc(arena, n * sizeof(*b->parent));
    b->order = sn_arena_alloc(arena, n * sizeof(*b->order));
    b->frame = sn_arena_alloc(arena, n * sizeof(*b->frame));
    model->frames = sn_arena_alloc(arena, n * sizeof(*model->frames));
    model->inputs = sn_arena_alloc(arena, n * sizeof(*model->inputs));
    model->chain = sn_arena_alloc(arena, n * sizeof(*model->chain));
    return b->parent && b->order && b->frame && model->frames && model->inputs && model->chain;
}

static int build(struct build *b, const char *output, struct sn_model *model)
{
    uint32_t end = 0;
    int code = check_names(b);

    if (!code)
        code = find_end(b, output, &end);
    if (!code)
        code = resolve_parents(b);
    if (!code)
        code = sort_parts(b);
    if (!code)
        code = make_frames(b, model);
    if (!code)
        code = resolve_mimics(b, model);
    if (code)
        return code;
    model->end = b->frame[end];
    make_chain(model);
    return 0;
}

int sn_model_build(const char *name, const struct sn_model_part *parts, uint32_t count,
                   const char *output, struct sn_arena *arena, struct sn_model **ret_model,
                   struct sn_error *error)
{
    struct build b = {.parts = parts, .count = count, .error = error};
    struct sn_model *model = sn_arena_zalloc(arena, sizeof(*model));

    if (count > SN_MODEL_FRAMES_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%u links and joints; %d at most",
                            count, SN_MODEL_FRAMES_MAX);
    if (!model || !alloc_build(&b, model, arena))
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a kinematic model");
    model->name = name;
    model->param_type = "";
    model->parts = parts;
    model->count = count;
    int code = build(&b, output, model);
    if (!code)
        *ret_model = model;
    return code;
}

int32_t sn_model_find(const struct sn_model *model, struct sn_str id)
{
    for (uint32_t i = 0; i < model->count; i++)
        if (sn_str_is(id, model->frames[i].part->id))
            return (int32_t)i;
    return -1;
}
