// Command crosscheck type-checks the module of the folder above tools, or of another folder, for
// systems other than the one that it runs on. It finds what a build would find, except for
// faults of assembly and linking, without compiling a single dependency for the other system: in
// seconds where a build takes a minute.
//
//	cd tools && go run ./crosscheck linux/arm64 windows/amd64
//	cd tools && go run ./crosscheck -module ../internal/kernel/gen linux/amd64
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	module := flag.String("module", "..", "`folder` of the module")
	flag.Parse()
	failed := false
	for _, platform := range flag.Args() {
		fmt.Println("type-check for", platform)
		n, err := check(*module, platform)
		if err != nil {
			fmt.Fprintln(os.Stderr, "crosscheck:", err)
		}
		failed = failed || err != nil || n == 0
	}
	if failed || flag.NArg() == 0 {
		os.Exit(1)
	}
}

// check type-checks every package of the module in a folder for a platform, "os/arch", and prints
// what is wrong. It gives the number of packages.
func check(module, platform string) (int, error) {
	system, arch, ok := strings.Cut(platform, "/")
	if !ok {
		return 0, fmt.Errorf("%q is not SYSTEM/ARCHITECTURE, such as linux/arm64", platform)
	}
	list, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo,
		Dir:  module,
		Env:  append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0"),
	}, "./...")
	if err != nil {
		return 0, err
	}
	if n := packages.PrintErrors(list); n > 0 {
		return len(list), fmt.Errorf("%d faults for %s", n, platform)
	}
	return len(list), nil
}
