/* SPDX-License-Identifier: Apache-2.0
 *
 * Our codec's side of the comparison. `bench-pb write FOLDER` writes each case's message;
 * `bench-pb FOLDER CASE decode|encode` prints nanoseconds of CPU per message. bench/pb/run starts
 * it, and programs of the same form with other codecs.
 */
#include "pb/common/v1/common.h"
#include "pb/component/camera/v1/camera.h"
#include "pb/robot/v1/robot.h"
#include "sinew/struct.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ARENA_MAX = 64 << 20,
    RESOURCES = 500,
    IMAGE_BYTES = 1 << 20,
    MEASURED_NS = 200000000,
};

struct bench {
    struct sn_block_pool pool;
    struct sn_arena arena; /* the message being measured */
    struct sn_str bytes;
};

struct bench_case {
    const char *name;
    const struct sn_pb_msg *table;
    void *(*make)(struct sn_arena *arena);
};

static void *memory_get(struct sn_block_source *source, size_t size)
{
    (void)source;
    return malloc(size);
}

static void memory_put(struct sn_block_source *source, void *memory, size_t size)
{
    (void)source;
    (void)size;
    free(memory);
}

static struct sn_block_source memory_source = {memory_get, memory_put};

static void check(bool ok)
{
    if (!ok) {
        fprintf(stderr, "bench-pb: it failed\n");
        exit(1);
    }
}

/* The fake sensor's reply. */
static void *readings_make(struct sn_arena *arena)
{
    struct pb_common_get_readings_response *m = sn_arena_zalloc(arena, sizeof *m);
    static const struct sn_str keys[] = {{"a", 1}, {"b", 1}, {"c", 1}};

    for (int i = 0; i < 3; i++) {
        struct pb_common_get_readings_response_readings_entry *entry =
            sn_pb_add(&m->readings, arena);
        entry->key = keys[i];
        entry->value = sn_pb_number(i + 1);
    }
    return m;
}

static void *resources_make(struct sn_arena *arena)
{
    struct pb_robot_resource_names_response *m = sn_arena_zalloc(arena, sizeof *m);

    for (int i = 0; i < RESOURCES; i++) {
        struct pb_common_resource_name *name = sn_pb_add(&m->resources, arena);
        name->namespace_ = SN_STR("rdk");
        name->type = SN_STR("component");
        name->subtype = SN_STR("movement_sensor");
        name->name = sn_arena_printf(arena, "sensor-%d", i);
    }
    return m;
}

static void *image_make(struct sn_arena *arena)
{
    struct pb_camera_get_images_response *m = sn_arena_zalloc(arena, sizeof *m);
    struct pb_camera_image *image = sn_pb_add(&m->images, arena);
    char *pixels = sn_arena_alloc(arena, IMAGE_BYTES);

    for (uint32_t i = 0; i < IMAGE_BYTES; i++)
        pixels[i] = (char)(i * 2654435761u >> 24);
    image->source_name = SN_STR("color");
    image->mime_type = SN_STR("image/jpeg");
    image->image = (struct sn_str){pixels, IMAGE_BYTES};
    return m;
}

static const struct bench_case cases[] = {
    {"readings", &pb_common_get_readings_response_msg, readings_make},
    {"resources", &pb_robot_resource_names_response_msg, resources_make},
    {"image", &pb_camera_get_images_response_msg, image_make},
};

static int64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void decode_once(struct bench *b, const struct bench_case *c, const void *message)
{
    void *out;

    (void)message;
    sn_arena_init(&b->arena, &b->pool, ARENA_MAX);
    out = sn_arena_zalloc(&b->arena, c->table->size);
    check(out && sn_pb_decode(c->table, out, b->bytes.ptr, b->bytes.len, &b->arena) == 0);
    sn_arena_fini(&b->arena);
}

/* With room for a gRPC frame's head, as the server does it. */
static void encode_once(struct bench *b, const struct bench_case *c, const void *message)
{
    struct sn_str bytes;

    sn_arena_init(&b->arena, &b->pool, ARENA_MAX);
    check(sn_pb_encode(c->table, message, &b->arena, 5, &bytes) == 0);
    sn_arena_fini(&b->arena);
}

static double measure(struct bench *b, const struct bench_case *c, const void *message,
                      void (*once)(struct bench *, const struct bench_case *, const void *))
{
    int64_t start = cpu_ns(), spent, count = 0;

    do {
        for (int i = 0; i < 100; i++)
            once(b, c, message);
        count += 100;
        spent = cpu_ns() - start;
    } while (spent < MEASURED_NS);
    return (double)spent / (double)count;
}

static void file_write(const char *folder, const struct bench_case *c, struct sn_str bytes)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, c->name);
    FILE *file = fopen(path, "wb");
    check(file && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len);
    fclose(file);
}

static void run(struct bench *b, const struct bench_case *c, int argc, char **argv)
{
    struct sn_arena arena;

    sn_arena_init(&arena, &b->pool, ARENA_MAX);
    void *message = c->make(&arena);
    check(sn_pb_encode(c->table, message, &arena, 0, &b->bytes) == 0);
    if (strcmp(argv[1], "write") == 0)
        file_write(argv[2], c, b->bytes);
    else if (argc == 4 && strcmp(argv[2], c->name) == 0)
        printf("%.1f\n",
               measure(b, c, message, strcmp(argv[3], "encode") == 0 ? encode_once : decode_once));
    sn_arena_fini(&arena);
}

int main(int argc, char **argv)
{
    struct bench b;

    check(argc >= 3);
    sn_block_pool_init(&b.pool, &memory_source, 64);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        run(&b, &cases[i], argc, argv);
    sn_block_pool_fini(&b.pool);
    return 0;
}
