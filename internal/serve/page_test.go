package serve

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/contrast"
)

// TestPage: the page is one file that loads nothing, and the policy that it comes with lets its own style and script run and
// nothing else.
func TestPage(t *testing.T) {
	s, _ := server(t, newFake(), Options{Token: "abc"})
	w, got := ask(s, "GET", "/", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	policy := w.Header().Get("Content-Security-Policy")
	for name, kind := range map[string]string{"style": "style-src", "script": "script-src"} {
		blocks := regexp.MustCompile(`(?s)<`+name+`>(.*?)</`+name+`>`).FindAllStringSubmatch(got, -1)
		if len(blocks) != 1 {
			t.Fatalf("%d of %s", len(blocks), name)
		}
		sum := sha256.Sum256([]byte(blocks[0][1]))
		if want := kind + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("%s lacks %s", policy, want)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Error(policy)
	}
	for _, what := range []string{`\son\w+\s*=`, `\sstyle\s*=`, `(src|href)\s*=\s*"https?:`, `url\(`, `@import`, `innerHTML`, `<script[^>]+src`} {
		if m := regexp.MustCompile(what).FindString(pageHTML + pageCSS + pageJS); m != "" {
			t.Errorf("the page has %q", m)
		}
	}
	for _, m := range regexp.MustCompile(`<(textarea|input|select) id="(\w+)"`).FindAllStringSubmatch(got, -1) {
		if !strings.Contains(got, `<label for="`+m[2]+`">`) {
			t.Errorf("%s %s has no label", m[1], m[2])
		}
	}
	if w, _ := ask(s, "GET", "/nothing", "", "Authorization", "Bearer abc"); w.Code != 404 {
		t.Errorf("%d for a path that is not there", w.Code)
	}
}

// TestContrast: text can be told from what is behind it in both schemes, and the borders of fields and the bars of answers from
// theirs (WCAG 2.2: 4.5 and 3).
func TestContrast(t *testing.T) {
	least := map[string]float64{
		"ink ground": 4.5, "ink shade": 4.5, "muted ground": 4.5, "muted shade": 4.5, "accent ground": 4.5, "warn ground": 4.5, "on accent": 4.5, "field ground": 3, "accent shade": 3,
	}
	if low, err := contrast.Low(pageCSS, least); err != nil || len(low) > 0 {
		t.Errorf("%q, %v", low, err)
	}
}
