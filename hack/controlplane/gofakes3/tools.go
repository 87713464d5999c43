//go:build tools

// Package tools pins the main packages of the object store that tests write to.
package tools

import (
	_ "github.com/johannesboyne/gofakes3/cmd/gofakes3"
)
