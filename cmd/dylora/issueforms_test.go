package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestIssueForms: every form of an issue is one that GitHub takes, and asks for what the program says of itself.
func TestIssueForms(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../.github/ISSUE_TEMPLATE/*.yml")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		if filepath.Base(path) == "config.yml" {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var form struct {
			Name, Description string
			Labels            []string
			Body              []struct {
				Type, ID   string
				Attributes struct {
					Label, Description, Render, Placeholder string
					Options                                 []struct{ Label string }
				} `yaml:"attributes"`
				Validations struct{ Required bool }
			}
		}
		dec := yaml.NewDecoder(strings.NewReader(string(b)))
		dec.KnownFields(true)
		if err := dec.Decode(&form); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		ids, labels, version := map[string]bool{}, map[string]bool{}, false
		for _, part := range form.Body {
			if part.ID == "" || ids[part.ID] || part.Attributes.Label == "" || labels[part.Attributes.Label] {
				t.Errorf("%s: the part %+v has no name and label of its own", path, part)
			}
			ids[part.ID], labels[part.Attributes.Label] = true, true
			version = version || strings.Contains(part.Attributes.Label, "`dylora version --json`")
			if (part.Type == "checkboxes") != (len(part.Attributes.Options) > 0) {
				t.Errorf("%s: %s has %d options", path, part.ID, len(part.Attributes.Options))
			}
		}
		if form.Name == "" || form.Description == "" || !version {
			t.Errorf("%s: it has no name or description, or does not ask for dylora version --json", path)
		}
	}
}
