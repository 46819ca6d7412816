// SPDX-License-Identifier: Apache-2.0

//go:build programs

// Package programs names what tools/goenv builds, so that go.mod and go.sum pin it.
package programs

import (
	_ "github.com/summerwind/h2spec/cmd/h2spec"
	_ "google.golang.org/grpc/interop/client"
	_ "google.golang.org/grpc/interop/server"
)
