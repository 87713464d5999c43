//go:build tools

// Package tools pins the main packages of the fake kubelet.
package tools

import (
	_ "sigs.k8s.io/kwok/cmd/kwok"
)
