package tokenizer

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// mapOf is a character map of these units, with what it replaces by.
func mapOf(texts string, units ...uint32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		b = binary.LittleEndian.AppendUint32(b, u)
	}
	return append(b, texts...)
}

// oneEntry replaces the byte "a" by what is at an offset: the root's children are in the
// block of 256 units from 0 on, and the value in the one behind it.
func oneEntry(value uint32) []uint32 {
	units := make([]uint32, 512)
	units['a'] = 256<<10 | 1<<8 | 'a'
	units['a'^256] = 1<<31 | value
	return units
}

func TestCharacterMap(t *testing.T) {
	m, err := newCharacterMap(mapOf("b\x00é\x00", oneEntry(2)...))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"": "", "b": "b", "a": "é", "xay": "xéy", "aa": "éé", "xa\u0301y": "xéy", // the mark goes with what it stands on
		"a\u0301\u0301": "é", "a\u0301\u0301\u0301": "é\u0301\u0301\u0301", // six bytes are looked up one by one
		"\u0600a": "\u0600é", "a\r\nb": "é\r\nb", "\x00a": "\x00é", "\xffa\xff": "\xffé\xff", "ba": "bé", "é": "é",
	} {
		if got := m.apply(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestCharacterMapRefused: a map that leads out of itself, for some text, is not taken.
func TestCharacterMapRefused(t *testing.T) {
	good := oneEntry(0)
	edit := func(f func(u []uint32)) []uint32 {
		u := slices.Clone(good)
		f(u)
		return u
	}
	for name, test := range map[string]struct {
		blob []byte
		want string
	}{
		"empty":              {nil, "shorter than 4 bytes"},
		"no units":           {mapOf(""), "out of itself"},
		"half a unit":        {[]byte{3, 0, 0, 0, 1, 2, 3}, "out of itself"},
		"cut":                {mapOf("b\x00", good...)[:100], "longer than it is"},
		"endless":            {[]byte{255, 255, 255, 255}, "longer than it is"},
		"root too far":       {mapOf("", edit(func(u []uint32) { u[0] = 1 << 30 })...), "out of itself"},
		"block cut":          {mapOf("", good[:200]...), "out of itself"},
		"child too far":      {mapOf("", edit(func(u []uint32) { u['a'] = 1<<20<<10 | 'a' })...), "out of itself"},
		"value too far":      {mapOf("", edit(func(u []uint32) { u['a'] = 1<<20<<10 | 1<<8 | 'a' })...), "out of itself"},
		"scaled too far":     {mapOf("", edit(func(u []uint32) { u['a'] = 1<<10 | 1<<9 | 1<<8 | 1<<31>>1 | 'a' })...), "out of itself"},
		"text too far":       {mapOf("b\x00", oneEntry(3)...), "not where it should be"},
		"inside a character": {mapOf("é\x00", oneEntry(1)...), "not where it should be"},
		"endless text":       {mapOf(strings.Repeat("b", 1025), oneEntry(0)...), "more than 1024 bytes"},
		"not utf-8":          {mapOf("\xff\x00", good...), "not utf-8"},
	} {
		if _, err := newCharacterMap(test.blob); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}

// FuzzCharacterMap: a map is refused, or works on any text.
func FuzzCharacterMap(f *testing.F) {
	f.Add(mapOf("b\x00é\x00", oneEntry(2)...), "xa\u0301")
	u := loadUnigramForms(f)
	blob, err := base64.StdEncoding.DecodeString(u.Map)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range u.Texts {
		f.Add(blob, text)
	}
	f.Fuzz(func(t *testing.T, blob []byte, text string) {
		m, err := newCharacterMap(blob)
		if err != nil {
			return
		}
		if got := m.apply(text); utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
