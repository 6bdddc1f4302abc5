package settings

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/schema"
)

// oddTexts are texts that YAML would take for something else, or that need an escape.
var oddTexts = []string{
	"", " ", "a", "a b", "null", "Null", "~", "yes", "No", "on", "y", "true", "FALSE", ".inf", ".nan", "8", "-8", "1e-5", "0x1F", "2020-01-01",
	"- a", "-", "---", "...", "a: b", "a:", ": a", "#", "a #b", "'", `"`, `a"b'c`, `\`, `\n`, "a\nb", "\n", "\t", "\r\n", " a ", "{a}", "[a]", "&a", "*a", "!a", "%a", "@a", "`a`", "|", ">", "? a", ",", ",a", "a,b", "é", "数据", "😀",
	"\x00", "\x1b", "\x7f", "\u0085", "\u00a0", "\u2028", "\ufeff", "\ufffd", "\uffff", "a\xffb", "\xc3", "<<", "<a&b>", "=",
}

// drawText draws texts of all kinds, also such as are no UTF-8.
func drawText(t *rapid.T) string {
	return rapid.OneOf(
		rapid.SampledFrom(oddTexts),
		rapid.StringMatching(`[a-zA-Z0-9/_,. :#'"-]{0,12}`),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 6), func(b []byte) string { return string(b) }),
	).Draw(t, "text")
}

// drawNumber draws finite numbers.
func drawNumber(t *rapid.T) float64 {
	return rapid.OneOf(
		rapid.SampledFrom([]float64{0, 1e-05, 1e21, 1e20, 1e19, 1 << 53, 1<<63 + 2048, 5e-324, math.MaxFloat64, -16, 0.1, 123456789, 1e6, 1e-4}),
		rapid.Float64().Filter(func(x float64) bool { return !math.IsInf(x, 0) && !math.IsNaN(x) }),
		rapid.Map(rapid.IntRange(-1000, 1000), func(n int) float64 { return float64(n) }),
	).Draw(t, "number")
}

// drawValue draws a value of a setting's own type, which may break its rules.
func drawValue(t *rapid.T, f schema.Field) any {
	to := f.Value.Type()
	switch {
	case isEnum(to):
		values := enumValues(to)
		return values[rapid.IntRange(0, len(values)-1).Draw(t, f.Key)]
	case to.Kind() == reflect.Int:
		return rapid.OneOf(rapid.Int(), rapid.IntRange(0, 300)).Draw(t, f.Key)
	case to.Kind() == reflect.Uint64:
		return rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1<<53 + 1, 1 << 63, math.MaxUint64})).Draw(t, f.Key)
	case to.Kind() == reflect.Float64:
		return drawNumber(t)
	case to.Kind() == reflect.Bool:
		return rapid.Bool().Draw(t, f.Key)
	}
	return drawText(t)
}

// enumValues are the values of an enumeration, found by the names that its error lists.
func enumValues(to reflect.Type) (values []any) {
	_, err := enums[to]("\x00")
	text := err.Error()
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;:()", r) }) {
		if v, err := enums[to](name); err == nil {
			values = append(values, v)
		}
	}
	return values
}

// another is a value of a setting that is allowed and is not v. Only settings with a little
// language of their own need an entry.
func another(t *testing.T, f schema.Field) any {
	if text, ok := map[string]string{
		"task": "b.csv", "dev_file": "dev.tsv", "recipe": "paper", "targets": "key", "sampler": "geometric", "best": "4",
		"eval_ranks": "1-4", "kernel": "portable", "track": "mlflow", "rank": "12", "full_rank_phase": "0.25", "average": "0.9", "distill": "0.5", "metric": "roc_auc", "class_weights": "balanced", "labels": "b,a",
	}[f.Key]; ok {
		v, err := exact(f.Value.Type(), Text(text))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	switch v := f.Value.Interface().(type) {
	case int:
		return v + 1
	case uint64:
		return v + 1
	case float64:
		return v / 2
	case bool:
		return !v
	case string:
		return v + "x"
	}
	for _, v := range enumValues(f.Value.Type()) {
		if v != f.Value.Interface() {
			return v
		}
	}
	t.Fatalf("%s: an enumeration of one value", f.Key)
	return nil
}

// text is a value as an environment variable or a flag spells it.
func text(v any) string {
	if x, ok := v.(float64); ok {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

// layerOf is a layer of values by key, written in the spelling of its origin and read from it.
func layerOf(o Origin, values map[string]any) *Layer {
	var lines, environ []string
	l := NewLayer(o)
	for _, f := range new(Settings).Fields() {
		v, ok := values[f.Key]
		if !ok {
			continue
		}
		lines = append(lines, f.Key+": "+YAMLValue(Plain(reflect.ValueOf(v))))
		environ = append(environ, f.Env()+"="+text(v))
		if o == Flag {
			l.Set(f.Key, "--"+f.Flag(), Text(text(v)))
		}
	}
	switch o {
	case Flag:
		return l
	case Env:
		return EnvLayer(environ)
	}
	return YAMLLayer(o, string(o)+".yaml", []byte(strings.Join(lines, "\n")))
}

// valuesOf are the values of all settings by key.
func valuesOf(s *Settings) map[string]any {
	values := map[string]any{}
	for _, f := range s.Fields() {
		values[f.Key] = f.Value.Interface()
	}
	return values
}
