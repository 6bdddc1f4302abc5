package lfs_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
)

// pointer is the text that git-lfs writes for a file of 498 MB.
const pointer = "version https://git-lfs.github.com/spec/v1\n" +
	"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 498818054\n"

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		start   string
		pointer bool
	}{
		"a pointer":                {pointer, true},
		"with CRLF":                {strings.ReplaceAll(pointer, "\n", "\r\n"), true},
		"its first bytes":          {pointer[:lfs.Length], true},
		"too few of them":          {pointer[:lfs.Length-1], false},
		"nothing":                  {"", false},
		"JSON":                     {`{"version":"https://git-lfs.github.com/spec/v1"}`, false},
		"a text about a version":   {"version https://example.org/spec/v1\n", false},
		"a pointer further behind": {"\n" + pointer, false},
	} {
		err := lfs.Check("dir/model.safetensors", []byte(tt.start))
		if read := lfs.CheckReader("dir/model.safetensors", iotest.OneByteReader(strings.NewReader(tt.start))); (read == nil) != (err == nil) {
			t.Errorf("%s: %v, of a reader %v", name, err, read)
		}
		if !tt.pointer {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%s: error = %v, want one line of class invalid", name, err)
		}
		for _, want := range []string{"dir/model.safetensors: ", "Git LFS pointer", "git lfs pull"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
	}
}

func TestCheckReaderFails(t *testing.T) {
	t.Parallel()
	if err := lfs.CheckReader("f", iotest.ErrReader(errors.New("the disk is gone"))); err != nil {
		t.Errorf("what cannot be read: %v", err)
	}
}
