package main

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// markdownLink is a link or an image of Markdown: its target, without a title.
var markdownLink = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)`)

// inlineCode is text between backquotes, in which nothing is a link.
var inlineCode = regexp.MustCompile("`[^`]*`")

// prose is a document without its blocks of code.
func prose(text string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			inside = !inside
		} else if !inside {
			b.WriteString(line)
		}
	}
	return b.String()
}

// anchors are the names by which GitHub links to the headings of a document: in lower case, blanks as hyphens, without other
// punctuation, and a number behind one that is there already.
func anchors(text string) map[string]bool {
	seen := map[string]bool{}
	for line := range strings.Lines(prose(text)) {
		heading := strings.TrimLeft(line, "#")
		if heading == line || !strings.HasPrefix(heading, " ") {
			continue
		}
		heading = markdownLink.ReplaceAllString(strings.TrimSpace(heading), "]")
		slug := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, heading)
		for i, name := 1, slug; ; i++ {
			if !seen[name] {
				seen[name] = true
				break
			}
			name = fmt.Sprintf("%s-%d", slug, i)
		}
	}
	return seen
}

// brokenLinks says what is wrong with the relative links of a document.
func brokenLinks(path, text string) (wrong []string, read int) {
	for _, m := range markdownLink.FindAllStringSubmatch(inlineCode.ReplaceAllString(prose(text), ""), -1) {
		u, err := url.Parse(m[1])
		if err != nil || u.Scheme != "" || strings.HasPrefix(m[1], "//") {
			if err != nil {
				wrong = append(wrong, err.Error())
			}
			continue
		}
		read++
		target, content := path, text
		if u.Path != "" {
			target = filepath.Join(filepath.Dir(path), filepath.FromSlash(u.Path))
			if _, err := os.Stat(target); err != nil {
				wrong = append(wrong, m[1]+" is not there")
				continue
			}
		}
		if u.Fragment == "" || !strings.HasSuffix(target, ".md") {
			continue
		}
		if target != path {
			b, err := os.ReadFile(target)
			if err != nil {
				wrong = append(wrong, err.Error())
				continue
			}
			content = string(b)
		}
		if !anchors(content)[u.Fragment] {
			wrong = append(wrong, m[1]+": no heading has this name")
		}
	}
	return wrong, read
}

// TestLinks: every relative link of the documents, and of the texts of issues, leads to a file that is there, and to a heading in it.
func TestLinks(t *testing.T) {
	t.Parallel()
	links := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == ".git" || name == "testdata" || name == "dist" && filepath.Dir(path) == "../.." || name == "node_modules" || name == ".venv") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		wrong, read := brokenLinks(path, string(b))
		links += read
		for _, w := range wrong {
			t.Errorf("%s: %s", path, w)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if links < 10 {
		t.Errorf("%d links are read", links)
	}
}

// Links that lead nowhere are found.
func TestBrokenLinks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.md")
	other := "# A heading: of `code`, twice\n\n## Twice\n\n## Twice\n\n```\n# no heading\n```\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "b.md"), []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"[x](b.md) ![y](b.md \"title\") [z](https://example.org/no.md)": "",
		"[x](b.md#a-heading-of-code-twice) [x](b.md#twice-1)":           "",
		"# Here\n[x](#here)":                 "",
		"`[x](c.md)`\n```\n[x](c.md)\n```\n": "",
		"[x](c.md)":                          "c.md is not there",
		"[x](b.md#no-heading)":               "b.md#no-heading: no heading has this name",
		"[x](b.md#twice-2)":                  "b.md#twice-2: no heading has this name",
		"# Here\n[x](#there)":                "#there: no heading has this name",
		"[![x](y.png)](b.md)":                "y.png is not there",
	} {
		wrong, _ := brokenLinks(path, text)
		if got := strings.Join(wrong, "; "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
