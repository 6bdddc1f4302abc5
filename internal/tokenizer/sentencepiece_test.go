package tokenizer

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/dylora/dylora/internal/fault"
)

// field is a field of a message of protocol buffers.
func field(number protowire.Number, value any) []byte {
	switch v := value.(type) {
	case string:
		return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), v)
	case []byte:
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), v)
	case float64:
		return protowire.AppendFixed32(protowire.AppendTag(nil, number, protowire.Fixed32Type), math.Float32bits(float32(v)))
	default:
		return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), uint64(v.(int)))
	}
}

// piece is a field of the model: a piece of a kind.
func piece(content string, score float64, kind int) []byte {
	return field(modelPieces, bytes.Join([][]byte{field(pieceContent, content), field(pieceScore, score), field(pieceKind, kind)}, nil))
}

// smallPieces is a model file without a normalisation.
func smallPieces() []byte {
	return bytes.Join([][]byte{
		piece("<unk>", 0, 2), piece("<s>", 0, controlPiece), piece("</s>", 0, controlPiece), piece("▁the", -1, 1), piece("▁", -2, 1), piece("a", -3, 1), piece("e1", -4, userPiece),
		field(modelTrainer, bytes.Join([][]byte{field(trainerModel, 1), field(40, 0), field(45, "<unk>")}, nil)),
		field(modelNormalizer, field(1, "identity")), field(99, "another"),
	}, nil)
}

func TestSentencePieces(t *testing.T) {
	s, err := parseSentencePieces("m", smallPieces())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.pieces) != 7 || s.pieces[3] != (sentencePiece{"▁the", -1, normalPiece}) || s.model != unigramModel || len(s.charMap) != 0 {
		t.Errorf("got %+v", s)
	}
	tok, err := Load(folder(map[string][]byte{pieceFile: smallPieces()}), "m", Options{ModelType: "xlm-roberta"})
	if err != nil {
		t.Fatal(err)
	}
	// <s> ▁the ▁ a e1 ▁ <unk> <mask> </s>
	want := []int32{0, 4, 5, 6, 7, 5, 3, 8, 2}
	compareUnigram(t, tok, []string{"the  ae1x<mask>", "", "", ""}, [][]int32{want, {0, 2, 2, 2}})
}

// TestSentencePiecesRefused: a damaged file, or one that Transformers would misread, is named
// with its fault.
func TestSentencePiecesRefused(t *testing.T) {
	good := smallPieces()
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"cut":                  {good[:len(good)-3], "damaged"},
		"a pointer":            {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"), "Git LFS"},
		"text":                 {[]byte("not a model"), "damaged"},
		"pieces of a number":   {append(field(modelPieces, 7), good...), "damaged"},
		"content of a number":  {append(field(modelPieces, field(pieceContent, 7)), good...), "damaged"},
		"score of another":     {append(field(modelPieces, field(pieceScore, "x")), good...), "damaged"},
		"kind of another":      {append(field(modelPieces, field(pieceKind, "x")), good...), "damaged"},
		"map of another":       {append(good, field(modelNormalizer, field(normalizerMap, 7))...), "damaged"},
		"not utf-8":            {append(piece("\xff", 0, 1), good...), "piece 0 is not utf-8"},
		"an unknown kind":      {append(piece("x", 0, 7), good...), "piece 0 is of the unknown kind 7"},
		"no number":            {append(piece("x", math.NaN(), 1), good...), "the score of piece 0 is no number"},
		"infinite":             {append(piece("x", math.Inf(-1), 1), good...), "the score of piece 0 is no number"},
		"BPE":                  {append(good, field(modelTrainer, field(trainerModel, 2))...), "model_type is 2, only 1, Unigram, is supported"},
		"a damaged map":        {append(good, field(modelNormalizer, field(normalizerMap, "abc"))...), "precompiled_charsmap: it is shorter than 4 bytes"},
		"no pieces, no tokens": {nil, ""},
	} {
		_, err := Load(folder(map[string][]byte{pieceFile: test.file}), "m", Options{ModelType: "camembert"})
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), pieceFile) || fault.ClassOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}

// TestSentencePiecesOfNoName: a special token that the settings take away is missed.
func TestSentencePiecesOfNoName(t *testing.T) {
	for _, kind := range []string{"xlm-roberta", "camembert"} {
		for _, key := range []string{"pad_token", "unk_token", "mask_token"} {
			files := map[string][]byte{pieceFile: smallPieces(), configFile: []byte(`{"` + key + `":null}`)}
			_, err := Load(folder(files), "m", Options{ModelType: kind})
			if err == nil || !strings.Contains(err.Error(), configFile) || !strings.Contains(err.Error(), key+" is null") {
				t.Errorf("%s, %s: got %v", kind, key, err)
			}
		}
	}
}

// FuzzSentencePieces: a file is refused in one line, or gives a tokenizer whose ids lie below
// VocabSize.
func FuzzSentencePieces(f *testing.F) {
	f.Add(smallPieces(), "the a")
	u := loadUnigramForms(f)
	for i, b := range u.Files {
		f.Add(b, u.Texts[i])
	}
	f.Fuzz(func(t *testing.T, b []byte, text string) {
		for _, kind := range []string{"xlm-roberta", "camembert"} {
			tok, err := Load(folder(map[string][]byte{pieceFile: b}), "m", Options{ModelType: kind})
			if err != nil {
				if text := err.Error(); strings.Contains(text, "\n") || len(text) > 2000 {
					t.Fatalf("message %q", text)
				}
				continue
			}
			ids, _ := tok.Sequence(text, nil, 0)
			for _, id := range ids {
				if id < 0 || int(id) >= tok.VocabSize() {
					t.Fatalf("id %d of %d", id, tok.VocabSize())
				}
			}
		}
	})
}
