package safetensors_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/safetensors/safetensorstest"
)

// file puts a header and data behind the length that the format wants.
func file(header, data string) []byte { return safetensorstest.File(header, data) }

// one is a file of a single tensor "a" with the given fields.
func one(dtype, shape, offsets, data string) []byte {
	return file(`{"a":{"dtype":`+dtype+`,"shape":`+shape+`,"data_offsets":`+offsets+`}}`, data)
}

func TestParse(t *testing.T) {
	b := file(`{"__metadata__":{"format":"pt","é":"\n"}, "b":{"data_offsets":[4,8],"shape":[2,1],"dtype":"F16"},`+
		`"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"none":{"dtype":"I64","shape":[3,0],"data_offsets":[4,4]}}  `,
		"\x00\x00\x80\x3f\x00\x3c\x00\xc0")
	got, err := safetensors.Parse("m", b)
	if err != nil {
		t.Fatal(err)
	}
	want := &safetensors.File{
		Metadata: map[string]string{"format": "pt", "é": "\n"},
		Tensors: []safetensors.Tensor{
			{Name: "a", DType: "F32", Shape: []int{}, Data: []byte("\x00\x00\x80\x3f")},
			{Name: "none", DType: "I64", Shape: []int{3, 0}, Data: []byte{}},
			{Name: "b", DType: "F16", Shape: []int{2, 1}, Data: []byte("\x00\x3c\x00\xc0")},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse mismatch (-want +got):\n%s", diff)
	}
	if a, ok := got.Tensor("b"); !ok || a.DType != "F16" {
		t.Errorf("Tensor(b) = %v, %v", a, ok)
	}
	if _, ok := got.Tensor("c"); ok {
		t.Error("Tensor(c) exists")
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		want string // in the message
	}{
		{"nothing", nil, "0 bytes are too few"},
		{"seven bytes", make([]byte, 7), "too few"},
		{"a Git LFS pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 498818054\n"), "Git LFS pointer"},
		{"header above the cap", binary.LittleEndian.AppendUint64(nil, 100<<20+1), "100 MiB"},
		{"header length of all ones", []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"), "100 MiB"},
		{"header longer than the file", []byte("\x03\x00\x00\x00\x00\x00\x00\x00{}"), "2 follow"},
		{"empty header", file("", ""), "'{'"},
		{"space before the brace", file(" {}", ""), "'{'"},
		{"an array", file("[]", ""), "'{'"},
		{"open object", file("{", ""), "header:"},
		{"text after the object", file("{} x", ""), "closing"},
		{"newline after the object", file("{}\n", ""), "closing"},
		{"invalid UTF-8 in a name", file("{\"\xff\":{}}", ""), "UTF-8"},
		{"the same name twice", file(`{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`, "x"), "duplicate"},
		{"the same name twice, once escaped", file(`{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`, "x"), "duplicate"},
		{"the same key twice", file(`{"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}}`, "x"), "duplicate"},
		{"metadata twice", file(`{"__metadata__":{},"__metadata__":{}}`, ""), "duplicate"},
		{"metadata null", file(`{"__metadata__":null}`, ""), "null at /__metadata__"},
		{"metadata number", file(`{"__metadata__":{"a":1}}`, ""), "/__metadata__/a"},
		{"tensor null", file(`{"a":null}`, ""), "null at /a"},
		{"unknown key", file(`{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"x":1}}`, "x"), `unknown key "x"`},
		{"no dtype", file(`{"a":{"shape":[],"data_offsets":[0,1]}}`, "x"), "no dtype"},
		{"no shape", file(`{"a":{"dtype":"U8","data_offsets":[0,1]}}`, "x"), "no shape"},
		{"no data_offsets", file(`{"a":{"dtype":"U8","shape":[]}}`, "x"), "no data_offsets"},
		{"dtype unknown", one(`"F31"`, `[]`, `[0,1]`, "x"), `unknown dtype "F31"`},
		{"dtype in lower case", one(`"f32"`, `[]`, `[0,4]`, "xxxx"), "unknown dtype"},
		{"dtype a number", one(`3`, `[]`, `[0,1]`, "x"), "/a/dtype"},
		{"shape null", one(`"U8"`, `null`, `[0,1]`, "x"), "/a/shape"},
		{"shape negative", one(`"U8"`, `[-1]`, `[0,1]`, "x"), "not a size"},
		{"shape minus zero", one(`"U8"`, `[-0]`, `[0,0]`, ""), "not a size"},
		{"shape a fraction", one(`"U8"`, `[1.0]`, `[0,1]`, "x"), "not a size"},
		{"shape with exponent", one(`"U8"`, `[1e0]`, `[0,1]`, "x"), "not a size"},
		{"shape beyond int", one(`"U8"`, `[9223372036854775808]`, `[0,1]`, "x"), "not a size"},
		{"shape nested", one(`"U8"`, `[[1]]`, `[0,1]`, "x"), "/a/shape/0"},
		{"product overflows", one(`"F32"`, `[4294967296,4294967296]`, `[0,1]`, "x"), "overflows"},
		{"product overflows before a zero", one(`"F32"`, `[4294967296,4294967296,0]`, `[0,0]`, ""), "overflows"},
		{"bits overflow", one(`"F32"`, `[1152921504606846976]`, `[0,0]`, ""), "overflows"},
		{"too many dimensions", one(`"U8"`, `[`+strings.Repeat("1,", 64)+`1]`, `[0,1]`, "x"), "more than 64"},
		{"half a byte", one(`"F4"`, `[3]`, `[0,1]`, "x"), "whole byte"},
		{"one offset", one(`"U8"`, `[]`, `[0]`, "x"), "1 numbers"},
		{"three offsets", one(`"U8"`, `[]`, `[0,1,1]`, "x"), "3 numbers"},
		{"offsets backwards", one(`"U8"`, `[]`, `[1,0]`, "x"), "backwards"},
		{"too few bytes for the shape", one(`"F32"`, `[2]`, `[0,4]`, "xxxx"), "takes 8 bytes, data_offsets give 4"},
		{"end beyond the file", one(`"F32"`, `[2]`, `[0,8]`, "xxxx"), "end at 8"},
		{"hole at the start", one(`"U8"`, `[1]`, `[1,2]`, "xx"), "belong to no tensor"},
		{"trailing bytes", one(`"U8"`, `[1]`, `[0,1]`, "xx"), "1 bytes after the last tensor"},
		{"bytes without tensors", file("{}", "x"), "1 bytes after"},
		{"overlap", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, "xxx"), "overlap"},
		{"the same bytes twice", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, "xx"), "overlap"},
		{"hole between", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, "xxx"), "bytes 1 to 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := safetensors.Parse("dir/model.safetensors", tt.in)
			if err == nil {
				t.Fatalf("accepted: %+v", f)
			}
			if fault.ClassOf(err) != fault.Invalid {
				t.Errorf("class %d, want Invalid", fault.ClassOf(err))
			}
			msg := err.Error()
			if !strings.HasPrefix(msg, "dir/model.safetensors: ") || !strings.Contains(msg, tt.want) || strings.ContainsAny(msg, "\n\x00") {
				t.Errorf("message %q does not say %q after the path on one line", msg, tt.want)
			}
		})
	}
}

// TestMessagesStayShort: names in hostile files may be megabytes long.
func TestMessagesStayShort(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, b := range [][]byte{
		file(`{"`+long+`":{"dtype":"F31","shape":[],"data_offsets":[0,0]}}`, ""),
		file(`{"`+long+`":{"dtype":"F32","shape":[`+strings.Repeat("0,", 1<<18)+`0],"data_offsets":[0,1]}}`, "x"),
		file(`{"`+long+`":3}`, ""),
		file(`{"`+long+`":{"`+long+`":3}}`, ""),
		file(`{"a":{"dtype":"`+long+`","shape":[],"data_offsets":[0,0]}}`, ""),
		file(`{"a":{"shape":[`+strings.Repeat("9", 1<<20)+`]}}`, ""),
		file(`{"`+long+`":{},"`+long+`":{}}`, ""),
	} {
		_, err := safetensors.Parse("m", b)
		if err == nil || len(err.Error()) > 1000 {
			t.Errorf("error of %d bytes", len(err.Error()))
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.safetensors")
	if _, err := safetensors.Read(path); !errors.Is(err, fs.ErrNotExist) || fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), path) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := safetensors.Read(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("folder: %v", err)
	}
	if err := os.WriteFile(path, one(`"U8"`, `[1]`, `[0,1]`, "x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := safetensors.Read(path); err != nil || len(f.Tensors) != 1 {
		t.Errorf("Read = %v, %v", f, err)
	}
}
