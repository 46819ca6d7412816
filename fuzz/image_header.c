/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as the beginning of an image: a size within the limits, or a text.
 */
#include "media/image_header.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sn_image_header header = {0};
    struct sn_error error = {0};
    int code = sn_image_header((struct sn_str){(const char *)data, size}, &header, &error);

    if (code) {
        FUZZ_REQUIRE(code == SN_ERR_UNKNOWN && error.text[0]);
    } else {
        FUZZ_REQUIRE(header.format);
        FUZZ_REQUIRE(header.width >= 0 && header.width <= SN_IMAGE_HEADER_SIDE_MAX);
        FUZZ_REQUIRE(header.height >= 0 && header.height <= SN_IMAGE_HEADER_SIDE_MAX);
    }
    return 0;
}
