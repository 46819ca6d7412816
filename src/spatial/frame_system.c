/* SPDX-License-Identifier: Apache-2.0
 *
 * Building and asking the tree of frames.
 */
#include "spatial/frame_system.h"
#include "spatial/quote.h"

#include <stdio.h>

static uint32_t hash(struct sn_str name)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (uint8_t)name.ptr[i]) * 16777619u;
    return h;
}

/* An own frame by name, dropped ones too; NULL when there is none. */
static struct sn_frame *own(const struct sn_frame_system *s, struct sn_str name)
{
    uint32_t at = hash(name) & (s->index_size - 1);

    for (; s->index[at] != UINT32_MAX; at = (at + 1) & (s->index_size - 1))
        if (sn_str_is(name, s->frames[s->index[at]].name))
            return &s->frames[s->index[at]];
    return NULL;
}

static void add_to_index(struct sn_frame_system *s, uint32_t frame)
{
    uint32_t at = hash(sn_str_of(s->frames[frame].name)) & (s->index_size - 1);

    while (s->index[at] != UINT32_MAX)
        at = (at + 1) & (s->index_size - 1);
    s->index[at] = frame;
}

const struct sn_frame *sn_frame_system_frame(const struct sn_frame_system *s, int32_t frame)
{
    while ((uint32_t)frame < s->first_frame)
        s = s->base;
    return &s->frames[(uint32_t)frame - s->first_frame];
}

/* -1: world; -2: there is none */
static int32_t find(const struct sn_frame_system *system, struct sn_str name)
{
    if (sn_str_is(name, "world"))
        return -1;
    for (const struct sn_frame_system *s = system; s; s = s->base) {
        const struct sn_frame *frame = own(s, name);
        if (frame)
            return frame->dropped ? -2 : (int32_t)(s->first_frame + (uint32_t)(frame - s->frames));
    }
    return -2;
}

int sn_frame_system_find(const struct sn_frame_system *system, struct sn_str name,
                         int32_t *ret_frame, struct sn_error *error)
{
    int32_t found = find(system, name);
    char quoted[SN_QUOTE_MAX];

    if (found == -2)
        return sn_error_set(error, SN_ERR_NOT_FOUND, "frame with name %s not in frame system",
                            sn_quote(name, quoted));
    *ret_frame = found;
    return 0;
}

/* ---- building ---- */

struct build {
    struct sn_frame_system *s;
    struct sn_arena *arena;
};

static uint32_t frames_of(const struct sn_frame_part *part)
{
    return 2 + (part->model ? part->model->count : 0);
}

/* Adds a frame; one whose name is there already makes both useless. False without memory. */
static bool add_frame(struct build *b, struct sn_frame frame)
{
    struct sn_frame_system *s = b->s;

    if (!frame.name)
        return false;
    struct sn_frame *twin = own(s, sn_str_of(frame.name));
    frame.dropped = twin || strcmp(frame.name, "world") == 0 ||
                    (s->base && find(s->base, sn_str_of(frame.name)) != -2);
    if (twin)
        twin->dropped = true;
    s->frames[s->frame_count] = frame;
    add_to_index(s, s->frame_count++);
    return true;
}

static bool add_model(struct build *b, const struct sn_frame_part *part, struct sn_frame frame,
                      int32_t origin, int32_t *ret_end)
{
    const struct sn_model *model = part->model;
    int32_t first = origin + 1;

    for (uint32_t i = 0; i < model->count; i++) {
        const struct sn_model_frame *from = &model->frames[i];

        frame.name = sn_arena_printf(b->arena, "%s:%s", part->name, from->part->id).ptr;
        frame.parent = from->parent < 0 ? origin : first + from->parent;
        frame.moving = from->part->kind == SN_FRAME_STATIC ? NULL : from;
        frame.pose = frame.moving ? SN_POSE_IDENTITY : from->part->offset;
        if (!add_frame(b, frame))
            return false;
    }
    *ret_end = first + (int32_t)model->end;
    return true;
}

/* The part's frames; the origin's parent is resolved when all parts have theirs. */
static bool add_part(struct build *b, uint32_t i)
{
    struct sn_frame_system *s = b->s;
    const struct sn_frame_part *part = &s->parts[i];
    int32_t origin = (int32_t)(s->first_frame + s->frame_count), end = origin;
    struct sn_frame frame = {.part = s->first_part + i, .parent = -1, .pose = part->pose};

    frame.name = sn_arena_printf(b->arena, "%s_origin", part->name).ptr;
    if (!add_frame(b, frame))
        return false;
    if (part->model && !add_model(b, part, frame, origin, &end))
        return false;
    frame = (struct sn_frame){.part = frame.part, .name = part->name, .parent = end};
    frame.pose = SN_POSE_IDENTITY;
    return add_frame(b, frame);
}

static uint32_t count_frames(const struct sn_frame_part *parts, uint32_t count)
{
    uint32_t frames = 0;

    for (uint32_t i = 0; i < count; i++)
        frames += frames_of(&parts[i]);
    return frames;
}

static struct sn_frame_system *create(const struct sn_frame_part *parts, uint32_t count,
                                      struct sn_arena *arena)
{
    struct sn_frame_system *s = sn_arena_zalloc(arena, sizeof(*s));
    uint32_t frames = count_frames(parts, count), size = 8;

    if (!s || count > SN_FRAME_PARTS_MAX)
        return NULL;
    while (size < 2 * frames)
        size *= 2;
    s->parts = parts;
    s->part_count = count;
    s->index_size = size;
    s->index = sn_arena_alloc(arena, size * sizeof(*s->index));
    s->frames = sn_arena_alloc(arena, (frames + 1) * sizeof(*s->frames));
    s->dropped = sn_arena_alloc(arena, (count + 1) * sizeof(*s->dropped));
    if (!s->index || !s->frames || !s->dropped)
        return NULL;
    memset(s->index, 0xff, size * sizeof(*s->index));
    return s;
}

static struct sn_frame *frame_at(struct sn_frame_system *s, int32_t i)
{
    return &s->frames[(uint32_t)i - s->first_frame];
}

/* Frames of a part that is not linked are of no use: all have the same part. */
static void drop_part(struct sn_frame_system *s, uint32_t origin)
{
    uint32_t part = s->frames[origin].part;

    for (uint32_t i = origin; i < s->frame_count && s->frames[i].part == part; i++)
        s->frames[i].dropped = true;
}

/* Whether the way from the frame up leads to world, over frames that are not dropped. */
static bool is_linked(struct sn_frame_system *s, int32_t at)
{
    for (uint32_t depth = 0; at >= (int32_t)s->first_frame; depth++) {
        const struct sn_frame *frame = frame_at(s, at);
        if (frame->dropped || depth > SN_FRAME_DEPTH_MAX)
            return false;
        at = frame->parent;
    }
    return at >= -1;
}

/* Origins get their parents; what is not linked is dropped. A part that is hangs on parts that are,
 * so one pass over the resolved parents settles all. */
static void link_parts(struct sn_frame_system *s)
{
    uint32_t origin = 0;

    for (uint32_t i = 0; i < s->part_count; origin += frames_of(&s->parts[i++]))
        s->frames[origin].parent = find(s, sn_str_of(s->parts[i].parent));
    origin = 0;
    for (uint32_t i = 0; i < s->part_count; origin += frames_of(&s->parts[i++])) {
        uint32_t end = origin + frames_of(&s->parts[i]) - 1;

        if (is_linked(s, (int32_t)(s->first_frame + end)))
            continue;
        s->dropped[s->dropped_count++] = s->parts[i].name;
    }
    origin = 0;
    for (uint32_t i = 0, k = 0; i < s->part_count; origin += frames_of(&s->parts[i++])) {
        if (k == s->dropped_count || s->dropped[k] != s->parts[i].name)
            continue;
        drop_part(s, origin);
        k++;
    }
}

static int fill(struct sn_frame_system *s, struct sn_arena *arena)
{
    struct build b = {s, arena};

    for (uint32_t i = 0; i < s->part_count; i++)
        if (!add_part(&b, i))
            return SN_ERR_RESOURCE_EXHAUSTED;
    link_parts(s);
    return 0;
}

int sn_frame_system_build(const struct sn_frame_part *parts, uint32_t count, struct sn_arena *arena,
                          struct sn_frame_system **ret_system)
{
    struct sn_frame_system *s = create(parts, count, arena);
    int code = s ? fill(s, arena) : SN_ERR_RESOURCE_EXHAUSTED;

    if (!code)
        *ret_system = s;
    return code;
}

/* Parts that are twice count as unknown, not as unlinked. */
static int check_extension(const struct sn_frame_system *s, struct sn_error *error)
{
    char list[512] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < s->dropped_count && used < sizeof(list); i++) {
        struct sn_str name = sn_str_of(s->dropped[i]);
        bool twice = s->base && find(s->base, name) != -2;

        for (uint32_t k = 0; k < s->part_count; k++)
            twice = twice || (s->parts[k].name != name.ptr && sn_str_is(name, s->parts[k].name));
        if (!twice)
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? " " : "",
                                     name.ptr);
    }
    if (!used)
        return 0;
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "Cannot construct frame system. Some parts are not linked to the world "
                        "frame. Parts: [%s]",
                        list);
}

int sn_frame_system_extend(const struct sn_frame_system *base, const struct sn_frame_part *parts,
                           uint32_t count, struct sn_arena *arena,
                           struct sn_frame_system **ret_system, struct sn_error *error)
{
    struct sn_frame_system *s;

    if (count > SN_FRAME_EXTRA_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%u transforms; %d at most", count,
                            SN_FRAME_EXTRA_MAX);
    s = create(parts, count, arena);
    if (!s)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for the frame system");
    s->base = base;
    s->first_part = base->first_part + base->part_count;
    s->first_frame = base->first_frame + base->frame_count;
    int code = fill(s, arena);
    if (code)
        return sn_error_set(error, code, "no memory for the frame system");
    code = check_extension(s, error);
    if (!code)
        *ret_system = s;
    return code;
}

/* ---- asking ---- */

static struct sn_pose local(const struct sn_frame_system *s, const struct sn_frame *frame,
                            struct sn_frame_inputs inputs)
{
    static const double zeros[SN_MODEL_DOF_MAX];

    if (!frame->moving)
        return frame->pose;
    const double *own_inputs = frame->part < inputs.count ? inputs.v[frame->part] : NULL;
    return sn_model_local(frame->moving, own_inputs ? own_inputs : zeros);
}

struct sn_pose sn_frame_system_place(const struct sn_frame_system *system, int32_t frame,
                                     struct sn_frame_inputs inputs)
{
    struct sn_pose place = SN_POSE_IDENTITY;

    while (frame >= 0) {
        const struct sn_frame *at = sn_frame_system_frame(system, frame);
        struct sn_pose step = local(system, at, inputs);

        place = sn_pose_compose(&step, &place);
        frame = at->parent;
    }
    return place;
}

void sn_frame_system_movers(const struct sn_frame_system *system, int32_t frame,
                            void (*each)(void *arg, uint32_t part), void *arg)
{
    uint32_t last = UINT32_MAX;

    while (frame >= 0) {
        const struct sn_frame *at = sn_frame_system_frame(system, frame);

        if (at->moving && at->part != last) {
            last = at->part;
            each(arg, last);
        }
        frame = at->parent;
    }
}

int sn_frame_system_transform(const struct sn_frame_system *system, struct sn_str from,
                              const struct sn_pose *pose, struct sn_str to,
                              struct sn_frame_inputs inputs, struct sn_pose *ret_pose,
                              struct sn_error *error)
{
    int32_t source = -1, target = -1;
    int code = sn_frame_system_find(system, from, &source, error);

    if (!code)
        code = sn_frame_system_find(system, to, &target, error);
    if (code)
        return code;
    struct sn_pose here = sn_frame_system_place(system, source, inputs);
    struct sn_pose there = sn_frame_system_place(system, target, inputs);
    here = sn_pose_compose(&here, pose);
    *ret_pose = sn_pose_between(&there, &here);
    return 0;
}
