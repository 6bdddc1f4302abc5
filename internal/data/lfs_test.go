package data

import (
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// pointer is the text that Git keeps in place of a file of Git LFS.
const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 4718592\n"

// TestPointer: a pointer in place of a file of data is called that, whatever the format.
func TestPointer(t *testing.T) {
	const sound = "text,label\na,1\nb,0\n"
	for _, kind := range []string{"csv", "tsv", "jsonl"} {
		_, err := own(t, kind, pointer, sound, nil)
		checkError(t, err, fault.Invalid, "train."+kind+": a Git LFS pointer")
	}
	task, err := own(t, "csv", sound, strings.ReplaceAll(pointer, "\n", "\r\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = task.Read("", "dev")
	checkError(t, err, fault.Invalid, "dev.csv: a Git LFS pointer")
	for _, name := range []string{"sst2", "cola", "qqp"} {
		_, err = lookup(t, name).parse("f.tsv", strings.NewReader(pointer))
		checkError(t, err, fault.Invalid, "f.tsv: a Git LFS pointer")
	}
}
