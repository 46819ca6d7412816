// SPDX-License-Identifier: Apache-2.0
//
// protoc's C++ in the comparison, used as it is fastest: decoding into an arena whose first block is
// reused, encoding into a buffer that is there. FOLDER CASE decode|encode, as ours.c.
#include "common/v1/common.pb.h"
#include "component/camera/v1/camera.pb.h"
#include "robot/v1/robot.pb.h"

#include <google/protobuf/arena.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

namespace {

constexpr double kMeasuredNs = 200e6;
char first_block[4 << 20];

double cpu_ns()
{
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

template <class Once> double measure(Once once)
{
    double start = cpu_ns(), spent;
    long count = 0;
    do {
        for (int i = 0; i < 100; i++)
            once();
        count += 100;
        spent = cpu_ns() - start;
    } while (spent < kMeasuredNs);
    return spent / count;
}

void check(bool ok)
{
    if (!ok)
        std::abort();
}

template <class Message> double run(const std::string &bytes, const std::string &what)
{
    using google::protobuf::Arena;
    if (what == "decode")
        return measure([&] {
            google::protobuf::ArenaOptions options;
            options.initial_block = first_block;
            options.initial_block_size = sizeof first_block;
            Arena arena(options);
            check(Arena::CreateMessage<Message>(&arena)->ParseFromArray(bytes.data(), bytes.size()));
        });
    Message message;
    check(message.ParseFromString(bytes));
    std::string out(bytes.size() + 5, '\0');
    return measure([&] {
        size_t size = message.ByteSizeLong();
        check(size + 5 <= out.size());
        message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t *>(&out[5]));
    });
}

} // namespace

int main(int argc, char **argv)
{
    check(argc == 4);
    std::string name = argv[2], what = argv[3];
    std::ifstream file(std::string(argv[1]) + "/" + name, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    double ns = name == "readings"    ? run<viam::common::v1::GetReadingsResponse>(bytes, what)
                : name == "resources" ? run<viam::robot::v1::ResourceNamesResponse>(bytes, what)
                                      : run<viam::component::camera::v1::GetImagesResponse>(bytes, what);
    std::printf("%.1f\n", ns);
}
