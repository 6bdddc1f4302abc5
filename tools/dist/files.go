package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// file is a file of an archive: its content, or where that is.
type file struct {
	name    string // slashes between folders
	content []byte
	source  string // a path, if content is nil
	mode    os.FileMode
}

// read gives the content.
func (f file) read() ([]byte, error) {
	if f.source == "" {
		return f.content, nil
	}
	return os.ReadFile(f.source)
}

// sharedFiles are those that every platform has: documents, completions and the manual. The program of this machine
// writes the last two.
func sharedFiles(source, work string, own *program, when time.Time) (files []file, err error) {
	tracked := exec.Command("git", "ls-files", "README.md", "LICENSE", "CHANGELOG.md", "docs/*.md", "docs/deploy", "docs/images", "docs/report")
	tracked.Dir = source
	list, err := tracked.Output()
	if err != nil {
		return nil, err
	}
	for _, name := range strings.Fields(string(list)) {
		files = append(files, file{name: name, source: filepath.Join(source, name), mode: 0o644})
	}
	for shell, name := range map[string]string{"bash": "dylora.bash", "zsh": "_dylora", "fish": "dylora.fish", "powershell": "dylora.ps1"} {
		text, err := exec.Command(own.path, "completion", shell).Output()
		if err != nil {
			return nil, fmt.Errorf("dylora completion %s: %w", shell, err)
		}
		files = append(files, file{name: "completions/" + name, content: text, mode: 0o644})
	}
	pages := filepath.Join(work, "man1")
	manual := exec.Command(own.path, "manual", pages)
	manual.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.FormatInt(when.Unix(), 10))
	if text, err := manual.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("dylora manual: %w: %s", err, text)
	}
	entries, err := os.ReadDir(pages)
	for _, e := range entries {
		files = append(files, file{name: "man/man1/" + e.Name(), source: filepath.Join(pages, e.Name()), mode: 0o644})
	}
	return files, err
}

// sorted gives the files by name, and refuses a name twice.
func sorted(files []file) ([]file, error) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(files); i++ {
		if files[i].name == files[i-1].name {
			return nil, fmt.Errorf("%s is there twice", files[i].name)
		}
	}
	return files, nil
}

// writeTar writes a tar.gz of the files, all in a folder of the name top and from the same moment.
func writeTar(to, top string, files []file, when time.Time) error {
	return writeArchive(to, files, func(w io.Writer) (func(file, []byte) error, func() error) {
		compressed, _ := gzip.NewWriterLevel(w, gzip.BestCompression) // the level is one of gzip's
		archive := tar.NewWriter(compressed)
		add := func(f file, content []byte) error {
			h := &tar.Header{Format: tar.FormatUSTAR, Typeflag: tar.TypeReg, Name: path.Join(top, f.name), Size: int64(len(content)), Mode: int64(f.mode), ModTime: when}
			if len(h.Name) > 100 { // USTAR may still hold it; PAX always does
				h.Format = tar.FormatPAX
			}
			if err := archive.WriteHeader(h); err != nil {
				return err
			}
			_, err := archive.Write(content)
			return err
		}
		return add, func() error { return errors.Join(archive.Close(), compressed.Close()) }
	})
}

// writeZip writes a zip of the files, as writeTar does.
func writeZip(to, top string, files []file, when time.Time) error {
	return writeArchive(to, files, func(w io.Writer) (func(file, []byte) error, func() error) {
		archive := zip.NewWriter(w)
		add := func(f file, content []byte) error {
			h := &zip.FileHeader{Name: path.Join(top, f.name), Method: zip.Deflate, Modified: when}
			h.SetMode(f.mode)
			entry, err := archive.CreateHeader(h)
			if err != nil {
				return err
			}
			_, err = entry.Write(content)
			return err
		}
		return add, archive.Close
	})
}

// writeArchive writes the files in order of their names, by what open gives.
func writeArchive(to string, files []file, open func(io.Writer) (add func(file, []byte) error, end func() error)) error {
	files, err := sorted(files)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	add, end := open(&b)
	for _, f := range files {
		content, err := f.read()
		if err != nil {
			return err
		}
		if err := add(f, content); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if err := end(); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o666) //nolint:gosec // for everybody to read
}

// writeSums writes SHA256SUMS of the files in a folder, as sha256sum --check reads it.
func writeSums(folder string, names []string) error {
	var b strings.Builder
	slices.Sort(names)
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(content), name)
	}
	return os.WriteFile(filepath.Join(folder, "SHA256SUMS"), []byte(b.String()), 0o666) //nolint:gosec // for everybody to read
}
