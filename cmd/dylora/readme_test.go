package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/glue/gluetest"
	"github.com/dylora/dylora/internal/hub/hubtest"
)

// realCaches is the variable that lets a process of the test binary see the Hub and the caches that the test has made.
const realCaches = "TEST_REAL_CACHES"

// readmeCommands are the commands of a document, in its order: the lines of its shell blocks, those that go on joined.
func readmeCommands(t *testing.T, path string) (lines []string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	inside, begun := false, ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```sh"
		case !inside || line == "" || strings.HasPrefix(line, "#"):
		case strings.HasSuffix(line, `\`):
			begun += strings.TrimSuffix(line, `\`) + " "
		default:
			lines, begun = append(lines, begun+line), ""
		}
	}
	return lines
}

// foreignCommands begin the lines of both that are other programs', or need more than a machine without network and
// Python.
var foreignCommands = []string{"go test", "go install", "git ", "make", "pip ", "python", "tensorboard", "scripts/", "DYLORA_BIN=", "sudo ", "curl ", "rm ", "cd "}

// readmeFiles are the files that the commands name.
func readmeFiles(t *testing.T) {
	t.Helper()
	write := func(path string, rows int, header string, row func(i int) string) {
		t.Helper()
		var b strings.Builder
		b.WriteString(header)
		for i := range rows {
			b.WriteString(row(i) + "\n")
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	word := func(i int) string { return []string{"a good", "a bad"}[i%2] }
	pair := func(labels ...string) func(i int) string {
		return func(i int) string {
			return fmt.Sprintf("%d\tA dog runs %d.\tAn animal runs.\t%s", i, i, labels[i%len(labels)])
		}
	}
	for split, rows := range map[string]int{"train": 64, "dev": 2000, "test": 20} { // of so many examples dev can tell which rank to use
		header, row := "sentence\tlabel\n", func(i int) string { return fmt.Sprintf("%s film %d \t%d", word(i), i, 1-i%2) }
		if split == "test" {
			header, row = "index\tsentence\n", func(i int) string { return fmt.Sprintf("%d\t%s film", i, word(i)) }
		}
		write("path/to/glue/SST-2/"+split+".tsv", rows, header, row)
	}
	for _, split := range []string{"train", "dev"} {
		write("path/to/glue/RTE/"+split+".tsv", 32, "index\tsentence1\tsentence2\tlabel\n", pair("entailment", "not_entailment"))
	}
	for _, split := range []string{"train", "dev_matched", "dev_mismatched"} {
		write("path/to/glue/MNLI/"+split+".tsv", 32, "index\tsentence1\tsentence2\tgold_label\n", pair("entailment", "neutral", "contradiction"))
	}
	for _, name := range []string{"reviews.csv", "train.csv", "dev.csv"} {
		write(name, 32, "text,review,label,stars\n", func(i int) string {
			return fmt.Sprintf("%[1]s thing %[2]d,%[1]s film %[2]d,%[3]d,%[3]d", word(i), i, i%2)
		})
	}
	for _, name := range []string{"pairs.jsonl", "dev.jsonl"} {
		write(name, 16, "", func(i int) string {
			return fmt.Sprintf(`{"one": "%s day %d", "two": "a day", "score": %d}`, word(i), i, i%5)
		})
	}
	write("sentences.txt", 3, "", func(i int) string { return fmt.Sprintf("%s film %d\tand a day", word(i), i) })
	write("study.yaml", 1, "", func(int) string {
		return "runs: study/{lr}-{seed}\nsettings: {model: path/to/roberta-base, rank: 2, max_steps: 1, max_train_examples: 32, max_eval_examples: 32}\ngrid: {seed: [1, 2], lr: [1e-3, 2e-3]}"
	})
}

// readmeHub is a Hub with the small model that path/to/roberta-base is, too, and with GLUE.
func readmeHub(t *testing.T) string {
	t.Helper()
	model, err := filepath.Abs("../../internal/reftest/testdata/roberta/model")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, name := range []string{"config.json", "merges.txt", "model.safetensors", "tokenizer.json", "vocab.json"} {
		if files[name], err = os.ReadFile(filepath.Join(model, name)); err != nil {
			t.Fatal(err)
		}
	}
	s := hubtest.New(t)
	s.Add("models/FacebookAI/roberta-base", files)
	gluetest.Serve(t, s, 48)
	t.Setenv("HF_ENDPOINT", s.URL)
	return model
}

// TestReadme runs every command of README.md, and of docs/usage.md, one after the other, in a folder that holds nothing but the program and the files
// that the commands name: small ones, with a model of two layers in place of RoBERTa, and a few steps in place of a training.
func TestReadme(t *testing.T) {
	for path, least := range map[string]int{"../../README.md": 10, "../../docs/usage.md": 25} {
		path, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(path), func(t *testing.T) { runDocument(t, path, least) })
	}
}

// runDocument runs the commands of a document, at least so many.
func runDocument(t *testing.T, path string, least int) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash to run the lines")
	}
	lines, model := readmeCommands(t, path), readmeHub(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	t.Chdir(home)
	readmeFiles(t)
	for link, target := range map[string]string{"dylora": program, "path/to/roberta-base": model, "path/to/bert": model} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	for key, value := range map[string]string{
		runAsProgram: "1", realCaches: "1", "HOME": home, "HF_HOME": filepath.Join(home, "hf"), "XDG_CACHE_HOME": filepath.Join(home, "cache"),
		"HF_HUB_OFFLINE": "", "PATH": home + string(os.PathListSeparator) + os.Getenv("PATH"),
	} {
		t.Setenv(key, value)
	}
	for i, name := range []string{"a", "b", "c"} { // runs that the README does not make
		script := fmt.Sprintf("dylora train --task train.csv --dev-file dev.csv --model path/to/roberta-base --rank 2 --max-steps 1 --seed %d --run runs/%s", i, name)
		if out, err := exec.Command(shell, "-c", script).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
	}
	ran := 0
	for _, line := range lines {
		line = strings.Replace(line, "go run ./cmd/dylora", "dylora", 1)
		if isForeign(line) {
			continue
		}
		c := exec.Command(shell, "-euo", "pipefail", "-c", line)
		c.Env = os.Environ()
		if !strings.Contains(line, "dylora run ") { // whose settings are those of the plan
			c.Env = append(c.Env, "DYLORA_MAX_STEPS=2")
		}
		if strings.HasPrefix(line, "dylora train") && !strings.Contains(line, "--model") {
			c.Env = append(c.Env, "DYLORA_MODEL=path/to/roberta-base")
		}
		if !strings.Contains(line, "--tolerance") && !strings.Contains(line, "dylora run ") { // which asks for more examples
			c.Env = append(c.Env, "DYLORA_MAX_EVAL_EXAMPLES=24")
		}
		begun := time.Now()
		out, err := c.CombinedOutput()
		t.Logf("%4d ms  %s", time.Since(begun).Milliseconds(), line)
		if err != nil {
			t.Errorf("%s\n%v\n%s", line, err, out)
		}
		ran++
	}
	if ran < least {
		t.Errorf("%d commands of %d lines: are the blocks still marked as sh?", ran, len(lines))
	}
}

// TestReadmePrograms: the Go of README.md is right in a program of a user's, and blocks are of no language that no test reads.
func TestReadmePrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("it checks the types of a program")
	}
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, block := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(string(b), -1) {
		switch block[1] {
		case "sh": // TestReadme
		case "go":
			checked++
			dir := t.TempDir()
			userModule(t, dir)
			program := "package main\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\n\t\"github.com/dylora/dylora/classify\"\n)\n\n" +
				"func main() {\n\tctx := context.Background()\n" + block[2] + "\tfmt.Println(results, err)\n}\n"
			if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600); err != nil {
				t.Fatal(err)
			}
			vet := exec.Command("go", "vet", "-mod=mod", ".")
			vet.Dir, vet.Env = dir, append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=0")
			if out, err := vet.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s\nof\n%s", err, out, program)
			}
		default:
			t.Errorf("no test reads a block of %s", block[1])
		}
	}
	if checked != 1 {
		t.Errorf("%d programs, want 1", checked)
	}
}

func isForeign(line string) bool {
	for _, begin := range foreignCommands {
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
	return false
}
