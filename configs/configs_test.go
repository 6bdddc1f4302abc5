package configs

import (
	"io/fs"
	"strings"
	"testing"
)

func TestRecipes(t *testing.T) {
	names, err := fs.Glob(Recipes(), "*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("recipes = %v, %v", names, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(Recipes(), name)
		if err != nil {
			t.Fatal(err)
		}
		first, rest, _ := strings.Cut(string(text), "\n")
		if !strings.HasPrefix(first, "# dylora train") {
			t.Errorf("%s opens with %q, not with the command that runs it", name, first)
		}
		if !strings.Contains(rest, "# Source: ") {
			t.Errorf("%s does not say where its values come from", name)
		}
		if want := "\ntask: " + strings.TrimSuffix(name, ".yaml") + "\n"; !strings.Contains(rest, want) {
			t.Errorf("%s lacks the line %q", name, want)
		}
	}
}
