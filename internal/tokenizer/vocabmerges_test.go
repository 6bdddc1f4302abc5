package tokenizer

import (
	"strings"
	"testing"
)

// FuzzVocabMerges: vocab.json and merges.txt are refused in one line, or give a tokenizer whose ids
// lie below VocabSize.
func FuzzVocabMerges(f *testing.F) {
	older := olderFiles(f)
	f.Add(older["vocab.json"], older["merges.txt"])
	f.Add([]byte(`{"a":0,"b":1,"ab":2,"<s>":3,"</s>":4,"<unk>":5,"<pad>":6}`), []byte("#version: 0.2\na b\r\n"))
	f.Add([]byte(`{"a":-1}`), []byte("a"))
	f.Fuzz(func(t *testing.T, vocab, merges []byte) {
		tok, err := Load(folder(map[string][]byte{"vocab.json": vocab, "merges.txt": merges}), "m", Options{})
		if err != nil {
			if text := err.Error(); strings.ContainsAny(text, "\n\x00") || len(text) > 2000 {
				t.Fatalf("message %q", text)
			}
			return
		}
		ids, _ := tok.Sequence("the cat <mask> don't é\xff", nil, 0)
		for _, id := range ids {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Fatalf("id %d of %d", id, tok.VocabSize())
			}
		}
	})
}
