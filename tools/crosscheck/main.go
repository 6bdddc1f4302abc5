// Command crosscheck type-checks the module of the folder above tools for systems other than
// the one that it runs on. It finds what a build would find, except for faults of assembly
// and linking, without compiling a single dependency for the other system: in seconds where a
// build takes a minute.
//
//	cd tools && go run ./crosscheck linux/arm64 windows/amd64
package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	failed := false
	for _, platform := range os.Args[1:] {
		fmt.Println("type-check for", platform)
		n, err := check(platform)
		if err != nil {
			fmt.Fprintln(os.Stderr, "crosscheck:", err)
		}
		failed = failed || err != nil || n == 0
	}
	if failed || len(os.Args) < 2 {
		os.Exit(1)
	}
}

// check type-checks every package for a platform, "os/arch", and prints what is wrong. It
// gives the number of packages.
func check(platform string) (int, error) {
	system, arch, ok := strings.Cut(platform, "/")
	if !ok {
		return 0, fmt.Errorf("%q is not SYSTEM/ARCHITECTURE, such as linux/arm64", platform)
	}
	list, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo,
		Dir:  "..",
		Env:  append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0"),
	}, "./cmd/...", "./internal/...")
	if err != nil {
		return 0, err
	}
	if n := packages.PrintErrors(list); n > 0 {
		return len(list), fmt.Errorf("%d faults for %s", n, platform)
	}
	return len(list), nil
}
