package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestEncode(t *testing.T) {
	tok := loadSmall(t, nil)
	tests := []struct {
		name, text, want string
	}{
		{"nothing", "", ""},
		{"a merged word", "the", "the"},
		{"with its blank", "the the cat", "the| the| cat"},
		{"no merge leaves bytes", "dog", "d|o|g"},
		{"the earlier rank wins over the left", "abc", "a|bc"},
		{"of equal ranks the left goes first", "aaa", "aa|a"},
		{"a merge of merges", "ababab", "abab|ab"},
		{"no merge across words", "a t", "a| |t"},
		{"bytes of a character", "é", "\xc3|\xa9"},
		{"not utf-8", "\xff", "\xff"},
		{"zero", "\x00", "\x00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // the second time from the cache
				if got := strings.Join(tokens(t, tok.Encode(tt.text), nil), "|"); got != tt.want {
					t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
				}
			}
		})
	}
}

// TestUnknownBytes: a vocabulary without some bytes drops them, or names them by unk_token,
// neighbours as one with fuse_unk.
func TestUnknownBytes(t *testing.T) {
	tests := []struct {
		name string
		unk  any
		fuse bool
		want string
	}{
		{"dropped", nil, false, "a|b| | |a"},
		{"one for each", "<unk>", false, "a|<unk>|<unk>|b| |<unk>|<unk>| |<unk>|a"},
		{"fused within a word", "<unk>", true, "a|<unk>|b| |<unk>| |<unk>|a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tok := loadSmall(t, func(m map[string]any) {
				delete(at(m, "model", "vocab"), "z")
				delete(at(m, "model", "vocab"), "ab")
				delete(at(m, "model", "vocab"), "abab")
				at(m, "model")["merges"] = slices.DeleteFunc(at(m, "model")["merges"].([]any), func(s any) bool {
					return s == "a b" || s == "ab ab"
				})
				at(m, "model")["unk_token"], at(m, "model")["fuse_unk"] = tt.unk, tt.fuse
			})
			if got := strings.Join(tokens(t, tok.Encode("azzb zz za"), nil), "|"); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// slow is BPE as the paper has it: find the lowest rank, join it everywhere, again.
func slow(b *bpe, word string) []int32 {
	var ids []int32
	for _, c := range []byte(word) {
		ids = append(ids, b.bytes[c])
	}
	for {
		best, where := merged{rank: 1 << 31}, none
		for i := range len(ids) - 1 {
			if m, ok := b.merges[pairOf(ids[i], ids[i+1])]; ok && m.rank < best.rank {
				best, where = m, i
			}
		}
		if where == none {
			return ids
		}
		ids = slices.Replace(ids, where, where+2, best.id)
	}
}

// TestMergeOrder compares with the plain algorithm over random merges of few letters,
// where merges overlap and compete at every place.
func TestMergeOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &bpe{merges: map[uint64]merged{}, unknown: none}
		vocab, ids := []string{"a", "b", "c"}, map[string]int32{"a": 0, "b": 1, "c": 2}
		for i := range b.bytes {
			b.bytes[i] = int32(i % 3)
		}
		for rank := range rapid.IntRange(0, 12).Draw(t, "merges") {
			left, right := rapid.SampledFrom(vocab).Draw(t, "left"), rapid.SampledFrom(vocab).Draw(t, "right")
			id, ok := ids[left+right]
			if !ok {
				id = int32(len(vocab))
				vocab, ids[left+right] = append(vocab, left+right), id
			}
			if _, twice := b.merges[pairOf(ids[left], ids[right])]; !twice {
				b.merges[pairOf(ids[left], ids[right])] = merged{uint32(rank), id}
			}
		}
		word := rapid.StringMatching("[abc]{0,40}").Draw(t, "word")
		if diff := cmp.Diff(slow(b, word), b.join(nil, word)); diff != "" {
			t.Fatalf("%q (-slow +fast):\n%s", word, diff)
		}
	})
}

func TestQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Uint64Range(0, 20)).Draw(t, "values")
		var q queue
		for _, v := range want {
			q.push(v)
		}
		var got []uint64
		for len(q) > 0 {
			got = append(got, q.pop())
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("popped %v, want %v", got, want)
		}
	})
}

// TestLongWord: a word of a megabyte, where a quadratic algorithm takes hours.
func TestLongWord(t *testing.T) {
	tok := loadSmall(t, nil)
	const n = 1 << 20
	for _, tt := range []struct {
		unit string
		want int
	}{{"a", n / 2}, {"ab", n / 2}, {"x", n}, {" ", n}} {
		start := time.Now()
		if got := len(tok.Encode(strings.Repeat(tt.unit, n))); got != tt.want {
			t.Errorf("%q: %d tokens, want %d", tt.unit, got, tt.want)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%q took %v", tt.unit, took)
		}
	}
}
