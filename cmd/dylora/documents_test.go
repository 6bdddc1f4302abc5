package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// inlineCommand is a command within a sentence of Markdown.
var inlineCommand = regexp.MustCompile("`(dylora [^`]+)`")

// documentedCommands are the lines of a text in Markdown that begin with dylora: those of its blocks of code, continued
// ones joined, and those within sentences. Comments, what a shell does with the output and variables in front are left out.
func documentedCommands(text string) (commands, inline []string) {
	begun, inside := "", false
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		if strings.HasPrefix(bare, "```") {
			inside, begun = !inside, ""
			continue
		}
		if !inside && !strings.HasPrefix(line, "    ") {
			for _, m := range inlineCommand.FindAllStringSubmatch(line, -1) {
				inline = append(inline, m[1])
			}
			continue
		}
		bare = begun + strings.TrimPrefix(strings.TrimPrefix(bare, "$ "), "./")
		if begun = ""; strings.HasSuffix(bare, `\`) {
			begun = strings.TrimSuffix(bare, `\`)
			continue
		}
		for _, end := range []string{" #", " | ", " > ", " < ", " && ", " &"} {
			bare, _, _ = strings.Cut(bare, end)
		}
		for variable, rest, more := strings.Cut(bare, " "); more && strings.Contains(variable, "="); variable, rest, more = strings.Cut(bare, " ") {
			bare = rest
		}
		if strings.HasPrefix(bare, "dylora ") {
			commands = append(commands, bare)
		}
	}
	return commands, inline
}

// TestDocumentedCommands: each command that the documents name is there, with its flags, and in blocks of code with as many
// arguments. One that says less than a whole command, with … or a choice, is not read.
func TestDocumentedCommands(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	root := silentRoot()         // its commands are shared by lines that are read for their flags alone
	for _, path := range files { // TestReadme runs those of README.md
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		check := func(commands []string, parse func(string) error) {
			for _, command := range commands {
				if strings.ContainsAny(command, "…|$'\"") {
					continue
				}
				read++
				if err := parse(command); err != nil && !errors.Is(err, pflag.ErrHelp) {
					t.Errorf("%s: %s: %v", filepath.Base(path), command, err)
				}
			}
		}
		commands, inline := documentedCommands(string(b))
		check(commands, parseLine)
		check(inline, func(line string) error {
			_, err := parseFlags(root, line)
			return err
		})
	}
	if read < 60 {
		t.Errorf("%d commands are read of %d documents", read, len(files))
	}
}
