//go:build tools

// Package tools pins the main packages of the kube-state-metrics operand.
package tools

import (
	_ "k8s.io/kube-state-metrics/v2"
)
