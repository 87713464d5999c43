//go:build tools

// Package tools pins the main package of the Loki operand.
package tools

import _ "github.com/grafana/loki/v3/cmd/loki"
