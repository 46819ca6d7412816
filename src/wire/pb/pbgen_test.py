#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/pbgen on descriptors made by hand: names, keywords, and what it refuses."""
import pathlib
import subprocess
import tempfile
import unittest

from google.protobuf import descriptor_pb2

PBGEN = pathlib.Path(__file__).resolve().parents[3] / "tools/pbgen"


def file_of(package, *messages):
    file = descriptor_pb2.FileDescriptorProto(name="a/b.proto", package=package, syntax="proto3")
    for name, fields in messages:
        message = file.message_type.add(name=name)
        for number, field in enumerate(fields, 1):
            message.field.add(name=field, number=number, label=1, type=5)
    return file


class PbgenTest(unittest.TestCase):
    def generate(self, file, *options):
        """What pbgen did, and the header it wrote."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            descriptors = descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
            (folder / "set").write_bytes(descriptors)
            done = subprocess.run([PBGEN, "--set", folder / "set", "--out", folder, *options, "--",
                                   "a/b.proto"], capture_output=True, text=True, check=False)
            header = folder / "pb/a/b.h"
            return done, header.read_text() if header.exists() else ""

    def test_packages(self):
        for package, prefix in {"viam.component.motor.v1": "pb_motor", "viam.robot.v1": "pb_robot",
                                "viam.service.motion.v1": "pb_service_motion",
                                "viam.app.data.v1": "pb_app_data", "google.rpc": "pb_google_rpc",
                                "google.protobuf": "pb_google", "": "pb"}.items():
            _, header = self.generate(file_of(package, ("SetPWMRequest", [])))
            self.assertIn(f"struct {prefix}_set_pwm_request {{", header)

    def test_keywords(self):
        _, header = self.generate(file_of("p", ("M", ["register", "name"])))
        self.assertIn("int32_t register_;", header)
        self.assertIn("int32_t name;", header)

    def test_collisions_are_refused(self):
        done, _ = self.generate(file_of("p", ("AB", []), ("Ab", [])))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "pbgen: .p.Ab and .p.AB would both be pb_p_ab\n")

    def test_unknown_fields_are_kept_on_demand(self):
        file = file_of("p", ("M", []), ("N", []))
        _, header = self.generate(file, "--keep-unknown=p.M")
        self.assertEqual(header.count("struct sn_pb_unknown unknown_fields;"), 1)


if __name__ == "__main__":
    unittest.main()
