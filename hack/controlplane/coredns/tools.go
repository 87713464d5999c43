//go:build tools

// Package tools pins the main packages of the test cluster's DNS server.
package tools

import (
	_ "github.com/coredns/coredns"
)
