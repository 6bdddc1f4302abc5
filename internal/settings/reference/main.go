// Command reference prints docs/settings.md: make settings-reference.
package main

import (
	"fmt"
	"os"

	"github.com/dylora/dylora/internal/settings"
)

func main() {
	if _, err := os.Stdout.Write(settings.Reference()); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}
