//go:build tools

// Package tools pins the main packages of the node-exporter operand.
package tools

import (
	_ "github.com/prometheus/node_exporter"
)
