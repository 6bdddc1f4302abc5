package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Bounds of this package: files that are read in one go, and commands that parse and print.
const (
	maxFileLines = 250
	maxCodeLines = 3000
)

// TestFileLength: no file is too long, all files without tests together are not, and there
// are as many lines of tests.
func TestFileLength(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	code, tests := 0, 0
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n := bytes.Count(b, []byte("\n"))
		if n > maxFileLines {
			t.Errorf("%s has %d lines, more than %d", name, n, maxFileLines)
		}
		if strings.HasSuffix(name, "_test.go") {
			tests += n
		} else {
			code += n
		}
	}
	if code > maxCodeLines {
		t.Errorf("%d lines without tests, more than %d: what is neither parsed nor printed belongs to a package below", code, maxCodeLines)
	}
	if tests < code {
		t.Errorf("%d lines of tests for %d of code", tests, code)
	}
}

// ownFiles parses the files of this package but for the tests.
func ownFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestNoDomainTypes: what a command reports is a type of the package that computes it, so
// that no struct here is exported or has names of JSON, but for those that only show what the
// program itself is.
func TestNoDomainTypes(t *testing.T) {
	var shown []string
	unseen := slices.Clone(shown)
	for name, file := range ownFiles(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				if s, ok := n.(*ast.StructType); ok && hasJSON(s) {
					t.Errorf("%s: a struct without a name has JSON tags", name)
				}
				return true
			}
			if spec.Name.IsExported() {
				t.Errorf("%s: type %s is exported", name, spec.Name)
			}
			s, ok := spec.Type.(*ast.StructType)
			switch {
			case !ok:
				return true
			case slices.Contains(shown, spec.Name.Name):
				unseen = slices.DeleteFunc(unseen, func(s string) bool { return s == spec.Name.Name })
			case hasJSON(s):
				t.Errorf("%s: type %s has JSON tags: the package that computes it reports it", name, spec.Name)
			}
			return false
		})
	}
	if len(unseen) > 0 {
		t.Errorf("listed and not there, or no struct: %v", unseen)
	}
}

// hasJSON says whether a field of s has a name of its own in JSON.
func hasJSON(s *ast.StructType) bool {
	return slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
		return f.Tag != nil && strings.Contains(f.Tag.Value, "json:")
	})
}

// imports are the paths that a file imports.
func imports(t *testing.T, file *ast.File) (paths []string) {
	t.Helper()
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// TestWhoParses: cobra is for the files of commands, each of which constructs one, and those
// that define what commands share; pflag is for package flagset alone.
func TestWhoParses(t *testing.T) {
	shared := []string{"adapterflags.go", "decisionflags.go", "main.go"}
	for name, file := range ownFiles(t) {
		constructor := slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
			f, ok := d.(*ast.FuncDecl)
			return ok && strings.EqualFold(f.Name.Name, "new"+strings.TrimSuffix(name, ".go")+"Cmd")
		})
		paths := imports(t, file)
		if cobra := slices.Contains(paths, "github.com/spf13/cobra"); cobra != (constructor || slices.Contains(shared, name)) {
			t.Errorf("%s imports cobra: %v, constructs a command: %v", name, cobra, constructor)
		}
		if slices.Contains(paths, "github.com/spf13/pflag") {
			t.Errorf("%s imports pflag", name)
		}
	}
}
