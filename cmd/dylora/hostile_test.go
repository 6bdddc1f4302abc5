package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/models"
)

// hostileFile is a file of a model or adapter folder, and keys whose values are replaced.
type hostileFile struct {
	name   string
	key    string // as the file writes it, before the value
	values []string
	load   func(dir string) error
}

// flat is a folder in which only the files themselves may be asked for.
type flat struct {
	t *testing.T
	fs.FS
}

func (f flat) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "/\\:\x00") {
		f.t.Errorf("%q was opened", name)
	}
	return f.FS.Open(name)
}

// hostilePaths lead out of a folder, or would on some system.
var hostilePaths = []string{
	"../outside.safetensors", "../../outside.safetensors", "a/../../outside.safetensors", "/etc/passwd", "/dev/zero", "//server/share/x.safetensors",
	`\\\\server\\share\\x.safetensors`, `..\\outside.safetensors`, `C:\\x.safetensors`, "C:/x.safetensors", "file:///etc/passwd.safetensors", `x\u0000.safetensors`,
	`\u0000`, "", ".", "..", "...", "~/x.safetensors", "$HOME/x.safetensors", "sub/x.safetensors", "./x.safetensors", "link.safetensors/x.safetensors", "folder.safetensors",
	"con.safetensors", "x.safetensors ", `x.safetensors\n`, "http://localhost/x.safetensors", "%2e%2e/outside.safetensors", `\u202e.safetensors`, "x.SAFETENSORS",
}

// hostileValues are no value of any key.
var hostileValues = []string{
	"1e400", "-1", "-9223372036854775809", "9223372036854775807", "1e18", "2147483648", "4294967297", "0.1", "NaN", "Infinity", "0x10", "01", "+1", `"../../../etc/passwd"`,
	`"\ud800"`, `"\u0000"`, "[[[[[[[[]]]]]]]]", `{"a":{"a":{"a":{}}}}`, strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 20_000), "1,", `"`, "", "\xff",
}

// hostileTexts are whole files.
func hostileTexts(sound string) []string {
	half := sound[:len(sound)/2]
	return []string{"", " ", "null", "[]", "0", `"x"`, "\x00", "\xff\xfe{\x00}\x00", half, sound + sound, sound + "x", "{" + sound + "}", strings.Repeat("[", 1<<20),
		strings.Replace(sound, "{", `{"version":1,"version":1,`, 1), strings.ReplaceAll(sound, ":", "="), strings.Repeat(" ", 1<<20) + "}", "PK\x03\x04", "\x80\x02cos\nsystem\n"}
}

// TestHostileFolders: 200 indexes, tokenizers and configurations that lead out of their
// folder, or are made to cost memory or time, are refused in one line, in little of
// either; nothing is written. Those of adapters are in internal/adapter as well.
func TestHostileFolders(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "model")
	if err := os.CopyFS(dir, models.Mini()); err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(dir, "model.safetensors")
	for name, err := range map[string]error{ // what a path must not find
		"outside":    os.Rename(weights, filepath.Join(root, "outside.safetensors")),
		"folder":     os.Mkdir(filepath.Join(dir, "folder.safetensors"), 0o777),
		"link":       os.Symlink(root, filepath.Join(dir, "link.safetensors")),
		"adapter":    writeText(filepath.Join(dir, "adapter_config.json"), `{"peft_type":"LORA","task_type":"SEQ_CLS","r":2,"lora_alpha":16,"target_modules":["query"]}`),
		"index.json": writeText(weights+".index.json", `{"metadata":{"total_size":1},"weight_map":{"a":"x.safetensors"}}`),
	} {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	inside := flat{t, os.DirFS(dir)}
	mc := kerneltest.New(t)
	loadModel := func(dir string) error { _, err := model.Load(inside, dir, model.LoadOptions{Machine: mc}); return err }
	loadTokenizer := func(dir string) error { _, err := tokenizer.Load(inside, dir, tokenizer.Options{}); return err }
	loadAdapter := func(dir string) error { _, err := adapter.Open(dir, adapter.Options{}); return err }
	var quoted []string
	for _, p := range hostilePaths {
		quoted = append(quoted, `"`+p+`"`)
	}
	count := 0
	for _, f := range []hostileFile{
		{"model.safetensors.index.json", `"a":`, append(quoted, hostileValues...), loadModel},
		{"config.json", `"hidden_size":`, hostileValues, loadModel},
		{"config.json", `"vocab_size":`, hostileValues, loadModel},
		{"tokenizer.json", `"model":`, hostileValues, loadTokenizer},
		{"adapter_config.json", `"r":`, hostileValues, loadAdapter},
	} {
		path := filepath.Join(dir, f.name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := strings.Index(string(b), f.key)
		if at < 0 {
			t.Fatalf("%s has no %s", f.name, f.key)
		}
		texts := hostileTexts(string(b))
		if f.key == `"vocab_size":` { // those of config.json were there
			texts = nil
		}
		rest := at + len(f.key)
		for _, v := range f.values {
			texts = append(texts, string(b[:rest])+v+string(b[rest+strings.IndexAny(string(b[rest:]), ",}"):]))
		}
		for i, text := range texts {
			if err := writeText(path, text); err != nil {
				t.Fatal(err)
			}
			refuses(t, fmt.Sprintf("%s, %s %d", f.name, f.key, i), dir, f.load)
			count++
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if count < 200 {
		t.Errorf("%d cases, want 200", count)
	}
	t.Logf("%d cases", count)
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 2 {
		t.Errorf("beside the folder: %v, %v", entries, err)
	}
}

func writeText(path, text string) error { return os.WriteFile(path, []byte(text), 0o666) }

// refuses wants an error of invalid data in one line, soon and with little memory.
func refuses(t *testing.T, name, dir string, load func(string) error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	err := load(dir)
	d := time.Since(start)
	runtime.ReadMemStats(&after)
	switch {
	case err == nil:
		t.Errorf("%s: no error", name)
	case errors.Is(err, fs.ErrPermission) || fault.ClassOf(err) != fault.Invalid:
		t.Errorf("%s: class %d: %.200v", name, fault.ClassOf(err), err)
	case strings.ContainsAny(err.Error(), "\n\x00") || len(err.Error()) > 2000 || !strings.Contains(err.Error(), dir):
		t.Errorf("%s: %.300q", name, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 || d > 5*time.Second {
		t.Errorf("%s: %d MiB, %v", name, used>>20, d)
	}
}
