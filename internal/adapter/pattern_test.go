package adapter_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/spent"
)

// TestPatterns compares with what Python 3.11's re finds in twelve paths: by
// re.match(rf"(.*\.)?({key})$", path), as PEFT's get_pattern_key, and by re.fullmatch.
func TestPatterns(t *testing.T) {
	var paths []string
	for _, l := range []int{0, 1, 10} {
		for _, m := range []string{"attention.self.query", "attention.self.value", "attention.output.dense", "output.dense"} {
			paths = append(paths, fmt.Sprintf("roberta.encoder.layer.%d.%s", l, m))
		}
	}
	for _, tt := range []struct{ pattern, key, whole string }{
		{`query`, "100010001000", "000000000000"},
		{`query|value`, "110011001100", "000000000000"},
		{`attention.output.dense`, "001000100010", "000000000000"},
		{`output.dense`, "001100110011", "000000000000"},
		{`layer.1.output.dense`, "000000010000", "000000000000"},
		{`layer\.[01]\..*`, "111111110000", "000000000000"},
		{`^roberta.encoder.layer.1.attention.self.query`, "000010000000", "000010000000"},
		{`^query`, "000000000000", "000000000000"},
		{`\d+\.output\.dense`, "000100010001", "000000000000"},
		{`layer\.\d{2}\..*`, "000000001111", "000000000000"},
		{`(layer\.1\d?\.)?attention\.self\.(query|value)`, "110011001100", "000000000000"},
		{`.*`, "111111111111", "111111111111"},
		{``, "000000000000", "000000000000"},
		{`.`, "000000000000", "000000000000"},
		{`a.l|query$`, "100010001000", "000000000000"},
		{`[^.]+\.dense`, "001100110011", "000000000000"},
		{`[]q]uery|[^]]alue`, "110011001100", "000000000000"},
		{`layer.(?P<n>1).*`, "000011111111", "000000000000"},
		{`(?:self|output)\.(?:query|dense)`, "101110111011", "000000000000"},
		{`\w+y`, "100010001000", "000000000000"},
		{`\Bery|\bquery`, "100010001000", "000000000000"},
		{`encoder.layer.{1,4}attention.self.value`, "010001000100", "000000000000"},
		{`l.yer.0.output.dense`, "000100000000", "000000000000"},
		{`q{0,1}uery`, "100010001000", "000000000000"},
		{`q{uery`, "000000000000", "000000000000"},
		{`qu?e*r+y`, "100010001000", "000000000000"},
		{`\A.*query`, "100010001000", "100010001000"},
		{`[a-q_-]uery`, "100010001000", "000000000000"},
		{`x|.*\.value`, "010001000100", "010001000100"},
		{`encoder.layer.0.attention`, "000000000000", "000000000000"},
		{`Query`, "000000000000", "000000000000"},
		{`roberta.encoder.layer.10.attention.self.query`, "000000001000", "000000001000"},
		{`layer.1.attention.self.query`, "000010000000", "000000000000"},
		{`[.]query`, "000000000000", "000000000000"},
		{`.query`, "000000000000", "000000000000"},
	} {
		key, whole := "", ""
		for _, path := range paths {
			k, err := adapter.MatchKey(tt.pattern, path)
			must(t, err)
			w, err := adapter.MatchWhole(tt.pattern, path)
			must(t, err)
			key, whole = key+bit(k), whole+bit(w)
		}
		if key != tt.key || whole != tt.whole {
			t.Errorf("%q finds %s as a key and %s as a whole, Python's re %s and %s", tt.pattern, key, whole, tt.key, tt.whole)
		}
	}
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// TestPatternsRefused: what Go reads in another way than Python, or not at all, or what
// would take long, is refused at once.
func TestPatternsRefused(t *testing.T) {
	for _, pattern := range []string{
		`(?=query).*`, `(?!key).*`, `(?<=a)query`, `(?<name>q)uery`, `(?P=n)`, `(?i)QUERY`, `(?i:Q)uery`, `(?x) query`, `(?s:.)`, `(?#a)query`, `(?>query)`, `(q)(?(1)uery|a)`,
		`(a)\1`, `\12`, `\x71uery`, `\u0071uery`, `query\Z`, `query\z`, `\Qquery\E`, `\pL+`, `\N{DASH}`, `[[:alpha:]]+`, `[a[]`, `[\b]uery`,
		`q{,2}uery`, `que*+ry`, `query++`, `q**`, `a{2}{3}`, `a)|(b`, `(`, `)`, `[`, `[z-a]`, `*`, `a{1001}`, `a{1000000000}`, `\`,
		"qu\x00ery", "que\nry", "qüery", "\u212aey", strings.Repeat("a|", 20_000), strings.Repeat("(", 10_000), strings.Repeat("(a*)*", 3000) + `\.`,
		strings.Repeat("(", 2000) + strings.Repeat(")", 2000), `((a{100}){100}){100}`, strings.Repeat(`.{1000}`, 100),
	} {
		var err error
		d := spent.On(func() { _, err = adapter.MatchWhole(pattern, "query") })
		if err == nil {
			t.Errorf("%.40q: taken", pattern)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: a message of several lines: %q", pattern, err)
		}
		if d > 2*time.Second {
			t.Errorf("%.40q: refused after %v", pattern, d)
		}
	}
}

// TestHostileConfigs: files that are made to cost time or memory are refused, or read, in
// little of either; over 170 of them.
func TestHostileConfigs(t *testing.T) {
	dir := saved(t)
	file := filepath.Join(dir, "adapter_config.json")
	sound, err := os.ReadFile(file)
	must(t, err)
	many := func(n int, item func(i int) string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = item(i)
		}
		return strings.Join(items, ",")
	}
	var values []string
	for _, expression := range []string{`(a*)*b`, `(.*)*query(.*)*`, `(a|a)*b`, `(x+x+)+y`, `.*.*.*.*.*.*.*.*=.*`, `([a-z.0-9]*)*$`, `../../etc/passwd`, `C:\\\\x`, `\\\\u0000`, `%s%n`, `{{.}}`,
		strings.Repeat("(.?){20}", 200), strings.Repeat("a?", 4000) + strings.Repeat("a", 4000)} {
		values = append(values,
			`"rank_pattern": {"`+expression+`": 4}`, `"alpha_pattern": {"`+expression+`": 4}`, `"target_modules": "`+expression+`"`,
			`"exclude_modules": "`+expression+`"`, `"layers_to_transform": [0], "layers_pattern": "`+expression+`"`,
			`"rank_pattern": {`+many(300, func(i int) string { return fmt.Sprintf(`"%s%d": 4`, expression, i) })+`}`)
	}
	for _, number := range []string{"1e400", "-1", "0", "9223372036854775808", "1e18", "2147483647", "2147483648", "NaN", "Infinity", "0x10", "1.0000001", `"1"`, "[]", "{}", "null", "true"} {
		for _, key := range []string{"r", "lora_alpha", "layers_to_transform"} {
			values = append(values, fmt.Sprintf("%q: %s", key, number))
		}
		values = append(values, fmt.Sprintf(`"rank_pattern": {"query": %s}`, number), fmt.Sprintf(`"alpha_pattern": {"query": %s}`, number))
	}
	for _, n := range []int{4096, 4097, 100_000} {
		values = append(values,
			`"rank_pattern": {`+many(n, func(i int) string { return fmt.Sprintf(`"layer.%d.x": 4`, i) })+`}`,
			`"target_modules": [`+many(n, func(i int) string { return fmt.Sprintf(`"m%d"`, i) })+`]`,
			`"layers_to_transform": [`+many(n, func(i int) string { return fmt.Sprint(i) })+`]`,
			`"layers_pattern": [`+many(n, func(int) string { return `"layer"` })+`]`,
			`"modules_to_save": [`+many(n, func(int) string { return `"classifier"` })+`]`)
	}
	if len(values) < 160 {
		t.Fatalf("%d values", len(values))
	}
	for _, v := range values {
		key := v[:strings.Index(v, ":")]
		text := string(sound)
		if i := strings.Index(text, "  "+key+":"); i >= 0 { // a key may not be there twice
			end := strings.Index(text[i:], ",\n  \"")
			if end < 0 {
				t.Fatalf("%s is last", key)
			}
			text = text[:i] + text[i+end+2:]
		}
		if strings.HasPrefix(v, `"layers_to_transform": [0], "layers_pattern"`) {
			text = strings.Replace(text, "  \"layers_pattern\": null,\n", "", 1)
		}
		must(t, os.WriteFile(file, []byte("{\n  "+v+","+text[1:]), 0o666))
		var err error
		if d := least(3, 3*time.Second, func() { _, err = adapter.Open(dir, adapter.Options{}) }); d > 3*time.Second {
			t.Errorf("%.80s: %v", v, d)
		}
		if err != nil && (fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), dir) || len(err.Error()) > 1000) {
			t.Errorf("%.80s: class %d of %.200q", v, fault.ClassOf(err), err)
		}
		if err != nil && strings.Contains(err.Error(), "duplicate") {
			t.Fatalf("%.80s: the test spoiled the file: %v", v, err)
		}
	}
	t.Logf("%d files", len(values))
}

// least is the shortest time that f takes, of as many tries as there need be for one within
// the bound, but no more than tries: what is slow stays slow, and other load passes.
func least(tries int, bound time.Duration, f func()) time.Duration {
	best := time.Duration(math.MaxInt64)
	for i := 0; i < tries && best > bound; i++ {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}
