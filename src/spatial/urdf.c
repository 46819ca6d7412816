/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading URDF's XML: elements into lists of links and joints.
 */
#include "spatial/orientation.h"
#include "spatial/urdf_private.h"

#include <expat.h>
#include <stdlib.h>

enum { MM = 1000 };

struct reader {
    struct urdf u;
    XML_Parser parser;
    struct urdf_link *link; /* the elements that are open */
    struct urdf_joint *joint;
    struct urdf_body *body;
    uint32_t depth, skipping; /* depth of an element whose inside is of no interest; 0: none */
    int code;
};

static void fail(struct reader *r, int code)
{
    r->code = code;
    XML_StopParser(r->parser, XML_FALSE);
}

static void no_memory(struct reader *r)
{
    fail(r, sn_urdf_no_memory(&r->u));
}

int sn_urdf_no_memory(const struct urdf *u)
{
    return sn_error_set(u->error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a URDF model");
}

static const char *find(const char **attrs, const char *key)
{
    for (; attrs[0]; attrs += 2)
        if (strcmp(attrs[0], key) == 0)
            return attrs[1];
    return NULL;
}

/* A copy, "" when absent. */
static const char *text(struct reader *r, const char **attrs, const char *key)
{
    const char *value = find(attrs, key);
    const char *copy = sn_arena_copy(r->u.arena, sn_str_of(value ? value : "")).ptr;

    if (copy)
        return copy;
    no_memory(r);
    return "";
}

/* Up to three numbers; those that are missing stay. */
static void numbers(struct reader *r, const char **attrs, const char *key, double *v, int count)
{
    const char *at = find(attrs, key);
    char *end;

    for (int i = 0; at && i < count; i++) {
        double value = strtod(at, &end);

        if (end == at || !isfinite(value)) {
            fail(r, sn_error_set(r->u.error, SN_ERR_INVALID_ARGUMENT,
                                 "attribute %s=\"%.100s\": %d numbers are wanted", key,
                                 find(attrs, key), count));
            return;
        }
        v[i] = value;
        at = end;
    }
}

static void on_robot(struct reader *r, const char **attrs)
{
    r->u.name = text(r, attrs, "name");
}

static void on_link(struct reader *r, const char **attrs)
{
    struct urdf_link *link = sn_arena_zalloc(r->u.arena, sizeof(*link));

    if (!link || ++r->u.link_count > SN_MODEL_FRAMES_MAX) {
        no_memory(r);
        return;
    }
    link->name = text(r, attrs, "name");
    link->last = &link->first;
    *r->u.last_link = link;
    r->u.last_link = &link->next;
    r->link = link;
}

static void on_joint(struct reader *r, const char **attrs)
{
    struct urdf_joint *joint = sn_arena_zalloc(r->u.arena, sizeof(*joint));

    if (!joint || ++r->u.joint_count > SN_MODEL_FRAMES_MAX) {
        no_memory(r);
        return;
    }
    *joint = (struct urdf_joint){.name = text(r, attrs, "name"),
                                 .type = text(r, attrs, "type"),
                                 .parent = "",
                                 .child = "",
                                 .origin = SN_POSE_IDENTITY,
                                 .axis = {1, 0, 0},
                                 .multiplier = 1};
    *r->u.last_joint = joint;
    r->u.last_joint = &joint->next;
    r->joint = joint;
}

static void on_collision(struct reader *r, const char **attrs)
{
    struct urdf_body *body;

    if (!r->link)
        return;
    body = sn_arena_zalloc(r->u.arena, sizeof(*body));
    if (!body || ++r->u.body_count > SN_URDF_BODIES_MAX) {
        no_memory(r);
        return;
    }
    body->geometry.pose = SN_POSE_IDENTITY;
    *r->link->last = body;
    r->link->last = &body->next;
    r->link->bodies++;
    r->body = body;
}

static void on_origin(struct reader *r, const char **attrs)
{
    double xyz[3] = {0}, rpy[3] = {0};

    numbers(r, attrs, "xyz", xyz, 3);
    numbers(r, attrs, "rpy", rpy, 3);
    struct sn_pose pose = sn_pose(sn_vec3_scale(sn_vec3(xyz[0], xyz[1], xyz[2]), MM),
                                  sn_quat_from_euler((struct sn_euler){rpy[0], rpy[1], rpy[2]}));
    if (r->body)
        r->body->geometry.pose = pose;
    else if (r->joint)
        r->joint->origin = pose;
}

static void shape(struct reader *r, enum sn_geometry_kind kind)
{
    r->body->geometry.kind = kind;
    r->body->shaped = true;
}

static void on_box(struct reader *r, const char **attrs)
{
    double size[3] = {0};

    if (!r->body)
        return;
    numbers(r, attrs, "size", size, 3);
    r->body->geometry.size = sn_vec3_scale(sn_vec3(size[0], size[1], size[2]), MM);
    shape(r, SN_GEOMETRY_BOX);
}

static void on_sphere(struct reader *r, const char **attrs)
{
    if (!r->body)
        return;
    numbers(r, attrs, "radius", &r->body->geometry.radius, 1);
    r->body->geometry.radius *= MM;
    shape(r, SN_GEOMETRY_SPHERE);
}

static void on_cylinder(struct reader *r, const char **attrs)
{
    if (!r->body)
        return;
    numbers(r, attrs, "radius", &r->body->geometry.radius, 1);
    numbers(r, attrs, "length", &r->body->geometry.length, 1);
    r->body->geometry.radius *= MM;
    r->body->geometry.length *= MM;
    shape(r, SN_GEOMETRY_CYLINDER);
}

static void on_mesh(struct reader *r, const char **attrs)
{
    if (!r->body)
        return;
    r->body->mesh = text(r, attrs, "filename");
    shape(r, SN_GEOMETRY_MESH);
}

static void on_parent(struct reader *r, const char **attrs)
{
    if (r->joint)
        r->joint->parent = text(r, attrs, "link");
}

static void on_child(struct reader *r, const char **attrs)
{
    if (r->joint)
        r->joint->child = text(r, attrs, "link");
}

static void on_axis(struct reader *r, const char **attrs)
{
    double xyz[3] = {1, 0, 0};

    numbers(r, attrs, "xyz", xyz, 3);
    if (r->joint)
        r->joint->axis = sn_vec3(xyz[0], xyz[1], xyz[2]);
}

static void on_limit(struct reader *r, const char **attrs)
{
    if (!r->joint)
        return;
    numbers(r, attrs, "lower", &r->joint->lower, 1);
    numbers(r, attrs, "upper", &r->joint->upper, 1);
}

static void on_mimic(struct reader *r, const char **attrs)
{
    if (!r->joint)
        return;
    r->joint->mimic = text(r, attrs, "joint");
    numbers(r, attrs, "multiplier", &r->joint->multiplier, 1);
    numbers(r, attrs, "offset", &r->joint->addend, 1);
}

/* Nothing inside is of interest. */
static void on_other(struct reader *r, const char **attrs)
{
    r->skipping = r->depth;
}

static void on_geometry(struct reader *r, const char **attrs)
{
}

static const struct {
    const char *name;
    void (*start)(struct reader *r, const char **attrs);
} elements[] = {
    {"robot", on_robot},   {"link", on_link},           {"joint", on_joint},
    {"origin", on_origin}, {"collision", on_collision}, {"geometry", on_geometry},
    {"box", on_box},       {"sphere", on_sphere},       {"cylinder", on_cylinder},
    {"mesh", on_mesh},     {"parent", on_parent},       {"child", on_child},
    {"axis", on_axis},     {"limit", on_limit},         {"mimic", on_mimic},
};
enum { ELEMENTS = sizeof(elements) / sizeof(elements[0]) };

static void XMLCALL on_start(void *user, const char *name, const char **attrs)
{
    struct reader *r = user;

    r->depth++;
    if (r->skipping)
        return;
    for (size_t i = 0; i < ELEMENTS; i++) {
        if (strcmp(elements[i].name, name) == 0) {
            elements[i].start(r, attrs);
            return;
        }
    }
    on_other(r, attrs);
}

static void XMLCALL on_end(void *user, const char *name)
{
    struct reader *r = user;

    if (r->skipping == r->depth)
        r->skipping = 0;
    r->depth--;
    if (r->skipping)
        return;
    if (strcmp(name, "collision") == 0)
        r->body = NULL;
    else if (strcmp(name, "link") == 0)
        r->link = NULL;
    else if (strcmp(name, "joint") == 0)
        r->joint = NULL;
}

static int read_xml(struct reader *r, struct sn_str source)
{
    struct urdf *u = &r->u;

    r->parser = XML_ParserCreate(NULL);
    if (!r->parser)
        return sn_urdf_no_memory(u);
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    bool parsed = XML_Parse(r->parser, source.ptr, (int)source.len, 1) == XML_STATUS_OK;
    if (!parsed && !r->code)
        r->code = sn_error_set(u->error, SN_ERR_INVALID_ARGUMENT,
                               "failed to parse URDF: XML syntax error on line %lu: %s",
                               XML_GetCurrentLineNumber(r->parser),
                               XML_ErrorString(XML_GetErrorCode(r->parser)));
    XML_ParserFree(r->parser);
    return r->code;
}

int sn_urdf_model(struct sn_str source, const char *name, struct sn_urdf_files *files,
                  struct sn_arena *arena, struct sn_model **ret_model, struct sn_error *error)
{
    struct reader r = {.u = {.arena = arena, .error = error, .name = "", .files = files}};
    struct sn_model *model = NULL;

    if (source.len > SN_MODEL_SIZE_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "a kinematics file of %zu bytes; %d at most", source.len,
                            SN_MODEL_SIZE_MAX);
    r.u.last_link = &r.u.links;
    r.u.last_joint = &r.u.joints;
    int code = read_xml(&r, source);
    if (name)
        r.u.name = name;
    if (!code)
        code = sn_urdf_build(&r.u, &model);
    if (code)
        return code;
    model->format = SN_MODEL_URDF;
    model->param_type = "SVA";
    model->source = sn_arena_copy(arena, source);
    if (!model->source.ptr)
        return sn_urdf_no_memory(&r.u);
    *ret_model = model;
    return 0;
}
