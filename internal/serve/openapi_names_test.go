package serve

import (
	"encoding/json"
	"testing"
)

// TestOpenAPINames: no two components share a name, as generators of clients make a type of each, and numbers say that they are
// doubles, as some take float32 otherwise.
func TestOpenAPINames(t *testing.T) {
	s, _ := server(t, newFake(), Options{})
	_, got := ask(s, "GET", "/openapi.json", "")
	var d struct {
		Components map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(got), &d); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for kind, components := range d.Components {
		for name := range components {
			if seen[name] != "" {
				t.Errorf("%s is a name in components/%s and in components/%s", name, seen[name], kind)
			}
			seen[name] = kind
		}
	}
	if len(seen) < 20 {
		t.Errorf("%d components were looked at", len(seen))
	}
	numbers := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if v["type"] == "number" {
				if numbers++; v["format"] != "double" {
					t.Errorf("a number without format double: %v", v)
				}
			}
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(d.Components["schemas"])
	if numbers == 0 {
		t.Error("no number was found")
	}
}
