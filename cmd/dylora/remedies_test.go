package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

func TestMessage(t *testing.T) {
	plain, known := fault.Usagef("rank 0"), fault.Because(adapter.OtherBase, fault.Invalidf("another base"))
	for _, tt := range []struct {
		err  error
		want string
	}{
		{plain, "rank 0"},
		{fault.Because("none that is declared", plain), "rank 0"},
		{known, "another base; give that model, or --force-base to use this one"},
		{fmt.Errorf("runs/a: %w", known), "runs/a: another base; give that model, or --force-base to use this one"},
		{errors.Join(known, io.EOF), "another base\nEOF\ngive that model, or --force-base to use this one"},
	} {
		if got := message(tt.err); got != tt.want {
			t.Errorf("message %q, want %q", got, tt.want)
		}
	}
}

// internalFiles parses the non-test files of internal, by path from there.
func internalFiles(t *testing.T) map[string]*ast.File {
	t.Helper()
	root := filepath.Join("..", "..", "internal")
	files := map[string]*ast.File{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// reasonSpecs calls f for every constant of type fault.Reason in a file.
func reasonSpecs(file *ast.File, f func(*ast.ValueSpec)) {
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.CONST {
			continue
		}
		for _, s := range decl.Specs {
			spec := s.(*ast.ValueSpec)
			if sel, ok := spec.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reason" {
				f(spec)
			}
		}
	}
}

// usedIn says whether a file's code, not only its declarations, has an identifier.
func usedIn(file *ast.File, name string) bool {
	used := false
	for _, d := range file.Decls {
		if _, ok := d.(*ast.FuncDecl); !ok {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			used = used || ok && id.Name == name
			return !used
		})
	}
	return used
}

// TestRemedies: every reason that a package declares has a remedy, every remedy is of a
// declared reason, and every reason is given somewhere.
func TestRemedies(t *testing.T) {
	left, files, seen := remedies(), internalFiles(t), 0
	for name, file := range files {
		reasonSpecs(file, func(spec *ast.ValueSpec) {
			seen++
			constant, where := spec.Names[0], filepath.ToSlash(filepath.Dir(name))
			literal, ok := spec.Values[0].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s: %s is not a plain string", name, constant)
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !constant.IsExported() || !strings.HasPrefix(spec.Doc.Text(), constant.Name+": ") || filepath.Base(name) != "reasons.go" {
				t.Errorf("%s: %s: want an exported name and a comment that begins with it, in reasons.go", name, constant)
			}
			if !strings.HasPrefix(value, file.Name.Name+": ") {
				t.Errorf("%s: %s is %q, want the package's name before it", name, constant, value)
			}
			if left[fault.Reason(value)] == "" {
				t.Errorf("%s: %s has no remedy, or its value is another one's too", name, constant)
			}
			delete(left, fault.Reason(value))
			used := false
			for other, f := range files {
				used = used || filepath.ToSlash(filepath.Dir(other)) == where && usedIn(f, constant.Name)
			}
			if !used {
				t.Errorf("%s: %s is never given", name, constant)
			}
		})
	}
	if len(left) > 0 || seen == 0 {
		t.Errorf("%d reasons; remedies of none of them: %v", seen, left)
	}
}

// TestNoFlags: no text of internal names a flag or a command of dylora's: the remedies do. Package flagset, which
// defines flags, is a part of the command line.
func TestNoFlags(t *testing.T) {
	names := []string{}
	for _, c := range silentRoot().Commands() {
		names = append(names, c.Name())
	}
	forbidden := regexp.MustCompile(`(^|[^-])--[a-z]|\bdylora (` + strings.Join(names, "|") + `)\b`)
	excepted := map[string]bool{"card/body.go": false, "settings/reference.go": false} // documents with commands for their readers
	for name, file := range internalFiles(t) {
		if strings.HasPrefix(name, "flagset/") || strings.HasPrefix(name, "torture/") { // which is another program, and runs this one
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			found := forbidden.FindString(text)
			if _, document := excepted[name]; document {
				excepted[name] = excepted[name] || found != ""
			} else if found != "" {
				t.Errorf("%s: %q in %q: give the error a reason, and the reason a remedy", name, found, text)
			}
			return true
		})
	}
	for name, names := range excepted {
		if !names {
			t.Errorf("%s names no commands: it needs no exception, or the pattern finds nothing", name)
		}
	}
}
