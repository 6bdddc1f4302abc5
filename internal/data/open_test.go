package data

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// zipped is text in a compression.
func zipped(t testing.TB, ending, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if ending == ".zst" {
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w = z
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const twoRows = "text,label\na,1\nb,0\n"

// TestCompressed: a compressed file is read as its content is, and its hash is that of its bytes.
func TestCompressed(t *testing.T) {
	for _, ending := range []string{"", ".gz", ".zst"} {
		content := twoRows
		if ending != "" {
			content = zipped(t, ending, twoRows)
		}
		path := filepath.Join(t.TempDir(), "train.csv"+ending)
		write(t, content, path)
		task, err := Files{Train: path, Text: "text", Label: "label"}.Task()
		if err != nil {
			t.Fatal(err)
		}
		got, files, err := task.ReadFiles("", "train")
		if err != nil || len(got) != 2 || got[1].A != "b" || got[1].Class != 0 {
			t.Errorf("%q: %+v, %v", ending, got, err)
		}
		sum := sha256.Sum256([]byte(content))
		if want := (File{path, hex.EncodeToString(sum[:]), int64(len(content))}); len(files) != 1 || files[0] != want {
			t.Errorf("%q: files %+v, want %+v", ending, files, want)
		}
		if again, err := Sum(path); err != nil || again != files[0] {
			t.Errorf("%q: %+v, %v", ending, again, err)
		}
	}
}

func TestCompressedErrors(t *testing.T) {
	whole := func(ending string) string { return zipped(t, ending, twoRows) }
	two := zipped(t, ".gz", "text,label\na,1\n") + zipped(t, ".gz", "b,0\n")
	for name, tt := range map[string]struct{ file, content, want string }{
		"two members":       {"f.csv.gz", two, ""},
		"two frames":        {"f.csv.zst", zipped(t, ".zst", "text,label\na,1\n") + zipped(t, ".zst", "b,0\n"), ""},
		"no gzip":           {"f.csv.gz", twoRows, "f.csv.gz: its gz content is damaged, or it is no gz file"},
		"no zstd":           {"f.csv.zst", twoRows, "f.csv.zst: its zst content is damaged, or it is no zst file"},
		"empty gzip":        {"f.csv.gz", "", "the gz file ends too early"},
		"empty zstd":        {"f.csv.zst", "", "f.csv.zst has no rows"},
		"gzip cut":          {"f.csv.gz", whole(".gz")[:20], "the gz file ends too early"},
		"zstd cut":          {"f.csv.zst", whole(".zst")[:12], "the zst file ends too early"},
		"gzip, another sum": {"f.csv.gz", whole(".gz")[:len(whole(".gz"))-6] + "\x00\x00\x00\x00\x00\x00", "its gz content is damaged"},
		"gzip and more":     {"f.csv.gz", whole(".gz") + "more", "f.csv.gz: "},
		"a pointer":         {"f.csv.gz", "version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"},
		"a row in it":       {"f.csv.gz", zipped(t, ".gz", "text,label\na\n"), "f.csv.gz: line 2: another number of columns"},
	} {
		dir := t.TempDir()
		write(t, tt.content, dir, tt.file)
		_, err := Files{Train: filepath.Join(dir, tt.file), Text: "text", Label: "label"}.Task()
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// TestExpansion: a small file that would expand without end is refused as it is read, not held in memory.
func TestExpansion(t *testing.T) {
	for _, ending := range []string{".gz", ".zst"} {
		path := filepath.Join(t.TempDir(), "f.csv"+ending)
		write(t, zipped(t, ending, strings.Repeat("\n", 8<<20)), path)
		o, err := open(path)
		if err != nil {
			t.Fatal(err)
		}
		bound, ok := o.r.(*expanded)
		if !ok || bound.most != mostExpanded {
			t.Fatalf("%s: read without a bound: %T", ending, o.r)
		}
		bound.most = 1 << 20
		n, err := io.Copy(io.Discard, o.r)
		if err == nil || !strings.Contains(err.Error(), "it expands to more than 250 times its size") || n > 4<<20 {
			t.Errorf("%s: %d bytes, %v", ending, n, err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestOpenFile: content, whatever its compression, and what is no file.
func TestOpenFile(t *testing.T) {
	dir := t.TempDir()
	write(t, zipped(t, ".gz", "a\nb"), dir, "x.txt.gz")
	r, err := Open(filepath.Join(dir, "x.txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "a\nb" || r.Close() != nil {
		t.Errorf("%q, %v", b, err)
	}
	_, err = Open(dir)
	checkError(t, err, fault.Invalid, "is not a file")
	_, err = Sum(filepath.Join(dir, "none"))
	checkError(t, err, fault.Invalid, "cannot read")
}

// TestSeveralFiles: rows of several files follow each other in the files' order, and faults name the file.
func TestSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, twoRows, dir, "a.csv")
	write(t, zipped(t, ".gz", `{"label":2,"text":"c"}`), dir, "b.jsonl.gz")
	write(t, "label\ttext\n0.0\td\n", dir, "c.tsv")
	join := func(names ...string) string {
		for i := range names {
			names[i] = filepath.Join(dir, names[i])
		}
		return JoinPaths(names)
	}
	read := func(f Files) (string, *Task, error) {
		f.Text, f.Label = "text", "label"
		task, err := f.Task()
		if err != nil {
			return "", nil, err
		}
		got, files, err := task.ReadFiles("", "train")
		if err == nil && len(files) != strings.Count(f.Train, ",")+1 {
			t.Errorf("files %+v", files)
		}
		return show(got), task, err
	}
	got, task, err := read(Files{Train: join("a.csv", "b.jsonl.gz", "c.tsv")})
	want := show([]Example{{A: "a", Class: 1}, {Index: 1, A: "b"}, {Index: 2, A: "c", Class: 2}, {Index: 3, A: "d"}})
	if err != nil || got != want || strings.Join(task.Labels, " ") != "0 1 2" || task.Name != "a.csv+b.jsonl.gz+c.tsv" {
		t.Errorf("%s, labels %q of %q, %v; want %s", got, task.Labels, task.Name, err, want)
	}
	other, _, err := read(Files{Train: join("c.tsv", "a.csv", "b.jsonl.gz")})
	if err != nil || other == got {
		t.Errorf("the order of the files does not count: %s, %v", other, err)
	}
	write(t, "text,label\nx,true\n", dir, "d.csv")
	_, _, err = read(Files{Train: join("a.csv", "d.csv")})
	checkError(t, err, fault.Invalid, `d.csv: line 2: column "label" is "true", but `+filepath.Join(dir, "a.csv")+`, line 2, has "1"`)
	write(t, "text,label\n", dir, "e.csv")
	_, _, err = read(Files{Train: join("a.csv", "e.csv")})
	checkError(t, err, fault.Invalid, "e.csv has no rows")
}

// TestChangedWhileRead: the labels are those of the rows, or nothing is trained.
func TestChangedWhileRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.csv")
	write(t, twoRows, path)
	task, err := Files{Train: path, Text: "text", Label: "label"}.Task()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := task.Read("", "train"); err != nil {
		t.Fatal(err)
	}
	write(t, strings.Replace(twoRows, "a,1", "a,0", 1), path)
	_, err = task.Read("", "train")
	checkError(t, err, fault.Invalid, "f.csv has changed while it was read")
}

// FuzzCompressed: no bytes make reading panic or go on without bound.
func FuzzCompressed(f *testing.F) {
	for _, ending := range []string{".gz", ".zst"} {
		f.Add(ending == ".gz", []byte(zipped(f, ending, twoRows)))
	}
	f.Add(true, []byte{})
	f.Fuzz(func(t *testing.T, gz bool, content []byte) {
		path := filepath.Join(t.TempDir(), map[bool]string{true: "f.csv.gz", false: "f.csv.zst"}[gz])
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := (Files{Train: path, Text: "text", Label: "label"}).Task(); err != nil && fault.ClassOf(err) != fault.Invalid {
			t.Errorf("class %d: %v", fault.ClassOf(err), err)
		}
	})
}

// TestWrittenWhileRead: what may be of two versions of a file is refused, though it could be read.
func TestWrittenWhileRead(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"written, as long": func(path string) error { return os.WriteFile(path, []byte(strings.ToUpper(twoRows)), 0o600) },
		"longer":           func(path string) error { return os.WriteFile(path, []byte(twoRows+"c,1\n"), 0o600) },
		"cut":              func(path string) error { return os.Truncate(path, 3) },
	} {
		path := filepath.Join(t.TempDir(), "f.csv")
		write(t, twoRows, path)
		o, err := open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		_, err = o.done()
		if !errors.Is(err, disk.ErrChanged) || fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), path+" was changed") {
			t.Errorf("%s: %v", name, err)
		}
		_ = o.Close()
	}
}
