// Command crosscheck type-checks the module of the folder above tools, or of another folder, for
// systems other than the one that it runs on. It finds what a build would find in the module's own
// packages, except for faults of assembly and linking, without compiling a single dependency for the
// other system: in seconds where a build takes a minute. Of dependencies the declarations are checked,
// and the bodies of their functions left out.
//
//	cd tools && go run ./crosscheck linux/arm64 windows/amd64
//	cd tools && go run ./crosscheck -module ../internal/kernel/gen linux/amd64
package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
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
	root, err := filepath.Abs(module)
	if err != nil {
		return 0, err
	}
	list, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo,
		Dir:  module,
		Env:  append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0"),
		ParseFile: func(files *token.FileSet, name string, source []byte) (*ast.File, error) {
			return parse(files, name, source, strings.HasPrefix(name, root+string(filepath.Separator)))
		},
	}, "./...")
	if err != nil {
		return 0, err
	}
	own, faults := map[*packages.Package]bool{}, 0
	for _, p := range list {
		own[p] = true
	}
	packages.Visit(list, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			if own[p] || e.Kind == packages.ListError { // a dependency's imports are unused without its bodies
				fmt.Fprintln(os.Stderr, e)
				faults++
			}
		}
	})
	if faults > 0 {
		return len(list), fmt.Errorf("%d faults for %s", faults, platform)
	}
	return len(list), nil
}

// parse reads a file; bodies says whether with those of its functions, which take most of the time.
func parse(files *token.FileSet, name string, source []byte, bodies bool) (*ast.File, error) {
	file, err := parser.ParseFile(files, name, source, parser.AllErrors|parser.SkipObjectResolution)
	if file == nil || bodies {
		return file, err
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			f.Body = nil
		}
	}
	return file, err
}
