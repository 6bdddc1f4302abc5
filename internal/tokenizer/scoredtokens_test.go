package tokenizer

import (
	"encoding/json"
	"slices"
	"testing"

	gojson "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// TestScoredTokens: the outcome equals that of the standard library, with escapes and blanks.
func TestScoredTokens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := make([][2]any, rapid.IntRange(0, 5).Draw(rt, "entries"))
		var contents []string
		var numbers []float64
		for i := range want {
			contents = append(contents, rapid.String().Draw(rt, "token"))
			numbers = append(numbers, rapid.Float64().Draw(rt, "score"))
			want[i] = [2]any{contents[i], numbers[i]}
		}
		text, err := json.Marshal(want)
		if err == nil && rapid.Bool().Draw(rt, "indented") {
			value := jsontext.Value(text)
			err = value.Indent()
			text = value
		}
		if err != nil {
			rt.Fatal(err)
		}
		var got scoredTokens
		if err := gojson.Unmarshal(text, &got); err != nil {
			rt.Fatalf("%s: %v", text, err)
		}
		if !slices.Equal(got.contents, contents) || !slices.Equal(got.decimals, numbers) || len(got.scores) != len(numbers) {
			rt.Fatalf("%s: got %+v", text, got)
		}
	})
}
