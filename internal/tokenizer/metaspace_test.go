package tokenizer

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// pieces is a model that keeps what it gets.
type keptPieces struct{ list []string }

func (k *keptPieces) encode(ids []int32, piece string) []int32 {
	k.list = append(k.list, piece)
	return ids
}

func cutBy(list preTokenizers, text string, begins bool) []string {
	var k keptPieces
	list.encode(nil, text, begins, &k)
	return k.list
}

func TestMetaspace(t *testing.T) {
	for _, test := range []struct {
		name   string
		step   metaspace
		text   string
		begins bool
		want   []string
	}{
		{"always", newMetaspace("▁", always, true), "a bc  d", false, []string{"▁a", "▁bc", "▁", "▁d"}},
		{"has one", newMetaspace("▁", always, true), " a▁", true, []string{"▁a", "▁"}},
		{"first", newMetaspace("▁", first, true), "a b", true, []string{"▁a", "▁b"}},
		{"not first", newMetaspace("▁", first, true), "a b", false, []string{"a", "▁b"}},
		{"never", newMetaspace("▁", never, true), "a b", true, []string{"a", "▁b"}},
		{"uncut", newMetaspace("▁", always, false), "a b▁c", true, []string{"▁a▁b▁c"}},
		{"another", newMetaspace("_", always, true), "a_b\tc d", true, []string{"_a", "_b\tc", "_d"}},
		{"blank", newMetaspace(" ", always, true), "a b", true, []string{" a", " b"}},
	} {
		if got := cutBy(preTokenizers{test.step}, test.text, test.begins); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestSpacedWords: one step does what two do.
func TestSpacedWords(t *testing.T) {
	two := preTokenizers{newWhitespaceSplit(), newMetaspace("▁", always, true)}
	one := two.fused()
	if _, ok := one[0].(spacedWords); !ok || len(one) != 1 {
		t.Fatalf("got %#v", one)
	}
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("ab▁ \t\n\u3000é"))).Draw(rt, "text")
		if got, want := cutBy(one, text, true), cutBy(two, text, true); !slices.Equal(got, want) {
			rt.Fatalf("%q: got %q, want %q", text, got, want)
		}
	})
}

// TestNotFused: other lists stay as they are.
func TestNotFused(t *testing.T) {
	words := newWhitespaceSplit()
	for i, list := range []preTokenizers{
		nil, {words}, {newMetaspace("▁", always, true)}, {newMetaspace("▁", always, true), words}, {words, newMetaspace("▁", always, false)},
		{words, newMetaspace("▁", never, true)}, {words, newMetaspace("▁", first, true)}, {words, words, newMetaspace("▁", always, true)},
	} {
		if got := list.fused(); len(got) != len(list) {
			t.Errorf("list %d became %d steps", i, len(got))
		}
	}
}
