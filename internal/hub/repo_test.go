package hub

import (
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestParseRepo(t *testing.T) {
	tests := []struct {
		name, revision string
		want           Repo
		folder, info   string
	}{
		{"FacebookAI/roberta-base", "", Repo{Model, "FacebookAI/roberta-base", "main"}, "models--FacebookAI--roberta-base", "api/models/FacebookAI/roberta-base/revision/main"},
		{"roberta-large", "", Repo{Model, "roberta-large", "main"}, "models--roberta-large", "api/models/roberta-large/revision/main"},
		{"a/b@v1.0", "", Repo{Model, "a/b", "v1.0"}, "models--a--b", "api/models/a/b/revision/v1.0"},
		{"a/b@refs/pr/1", "refs/pr/1", Repo{Model, "a/b", "refs/pr/1"}, "models--a--b", "api/models/a/b/revision/refs%2Fpr%2F1"},
		{"a/b_c.d", "x", Repo{Model, "a/b_c.d", "x"}, "models--a--b_c.d", "api/models/a/b_c.d/revision/x"},
	}
	for _, tt := range tests {
		got, err := ParseRepo(Model, tt.name, tt.revision)
		if err != nil || got != tt.want || got.folder() != tt.folder || got.infoPath() != tt.info {
			t.Errorf("%s: %+v, %s, %s, %v", tt.name, got, got.folder(), got.infoPath(), err)
		}
	}
	d, err := ParseRepo(Dataset, "nyu-mll/glue", "")
	if err != nil || d.folder() != "datasets--nyu-mll--glue" || d.filePath("c", "sst2/a b#.parquet") != "datasets/nyu-mll/glue/resolve/c/sst2/a%20b%23.parquet" {
		t.Errorf("%+v: %s, %v", d, d.filePath("c", "sst2/a b#.parquet"), err)
	}
	if d.String() != "dataset nyu-mll/glue" || (Repo{Model, "a", "v1"}).String() != "model a@v1" || d.Explicit() != "" || (Repo{Model, "a", "v1"}).Explicit() != "v1" {
		t.Errorf("%v", d)
	}
}

// TestParseRepoHostile: what becomes part of a path or an address is checked.
func TestParseRepoHostile(t *testing.T) {
	for _, name := range []string{
		"", "/", "a/", "/a", "a/b/c", "../a", "a/..", "..", ".", "./a", "a\\b", "C:\\a", "a b", "a--b", "a..b", "-a", "a-", ".a", "a.", "a.git",
		"a/-b", "a/b.", "a\x00b", "a\nb", "é", "a?b", "a#b", "a%2e%2e", "~", "a:b", strings.Repeat("a", 97),
	} {
		_, err := ParseRepo(Model, name, "")
		checkError(t, err, fault.Usage, "not a name of the Hugging Face Hub")
	}
	for _, revision := range []string{"..", "../x", "a/../b", "/a", "a/", "a//b", "a b", "a\\b", "a:b", "a\x00", "a\n", "a~1", "a^", "a?", "a*", "a[", "x.lock", strings.Repeat("a", 256)} {
		_, err := ParseRepo(Model, "a/b", revision)
		checkError(t, err, fault.Usage, "is not a revision")
	}
	_, err := ParseRepo(Model, "a/b@v1", "v2")
	checkError(t, err, fault.Usage, "its revision is given twice")
	_, err = ParseRepo(Model, "a/b@", "")
	checkError(t, err, fault.Usage, "is not a revision")
}

func FuzzParseRepo(f *testing.F) {
	f.Add("FacebookAI/roberta-base@main", "")
	f.Add("a/../b", "../..")
	f.Fuzz(func(t *testing.T, name, revision string) {
		r, err := ParseRepo(Model, name, revision)
		if err != nil {
			if fault.ClassOf(err) != fault.Usage {
				t.Errorf("class of %v", err)
			}
			return
		}
		if strings.ContainsAny(r.folder(), "/\\:") || strings.Contains(r.folder(), "..") || !validName("refs/"+r.Revision) {
			t.Errorf("%+v lies in %q", r, r.folder())
		}
	})
}
