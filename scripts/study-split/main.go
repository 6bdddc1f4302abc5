// Command study-split makes the data folders of a study that cannot choose by looking at the
// dev split.
//
//	go run ./scripts/study-split GLUE OUT
//
// GLUE is a folder of the official TSV files. OUT/choose/TASK/{train,dev}.tsv is for everything
// that is decided: its dev is a tenth of train, its train the rest. OUT/report/TASK is for the
// one measurement at the end: train is whole, and dev is the official one. Tasks are CoLA, MRPC,
// SST-2 and STS-B; of SST-2 both have 20,000 sentences of train and no more.
//
// Which lines go where is a function of their bytes: lines are ordered by the SHA-256 of the
// line without its end, and the first tenth of each label (of STS-B: of each unit of the score)
// is the dev split. The same lines come out on every machine; equal lines stay together. The
// files keep the order of train.tsv.
package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// official describes a task's train.tsv.
type official struct {
	folder string
	header bool
	label  int // column, from 0; -1: the last
	score  bool
	most   int // lines of train that are used; 0: all
}

func tasks() []official {
	return []official{
		{folder: "CoLA", label: 1},
		{folder: "MRPC", header: true, label: 0},
		{folder: "SST-2", header: true, label: 1, most: 20000},
		{folder: "STS-B", header: true, label: -1, score: true},
	}
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/study-split GLUE OUT")
		os.Exit(2)
	}
	if err := split(os.Args[1], os.Args[2], tasks(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "study-split:", err)
		os.Exit(1)
	}
}

// split makes both folders of every task and prints how many lines each file has.
func split(glue, out string, tasks []official, talk io.Writer) error {
	for _, t := range tasks {
		head, lines, err := t.read(filepath.Join(glue, t.folder, "train.tsv"))
		if err != nil {
			return err
		}
		dev, err := os.ReadFile(filepath.Join(glue, t.folder, "dev.tsv"))
		if err != nil {
			return err
		}
		used := t.used(lines)
		kept, held, err := t.hold(used)
		if err != nil {
			return err
		}
		for _, f := range []struct {
			place string
			text  []byte
		}{
			{"choose/" + t.folder + "/train.tsv", join(head, kept)},
			{"choose/" + t.folder + "/dev.tsv", join(head, held)},
			{"report/" + t.folder + "/train.tsv", join(head, used)},
			{"report/" + t.folder + "/dev.tsv", dev},
		} {
			path := filepath.Join(out, filepath.FromSlash(f.place))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				return err
			}
			if err := os.WriteFile(path, f.text, 0o666); err != nil {
				return err
			}
		}
		fmt.Fprintf(talk, "%s: choose %d train, %d dev (%s); report %d train, of %d\n", t.folder, len(kept), len(held), t.counts(held), len(used), len(lines))
	}
	return nil
}

// line is one example of train.tsv.
type line struct {
	text  string
	place int // in the file
	sum   [sha256.Size]byte
}

// read gives the header, with its end, and the lines of a file without theirs.
func (t official) read(path string) (head string, lines []line, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	for text := range bytes.Lines(b) {
		if t.header && head == "" {
			head = string(text)
			continue
		}
		text = bytes.TrimRight(text, "\r\n")
		if len(text) > 0 {
			lines = append(lines, line{string(text), len(lines), sha256.Sum256(text)})
		}
	}
	if len(lines) == 0 {
		return "", nil, fmt.Errorf("%s has no examples", path)
	}
	return head, lines, nil
}

// used are the lines that take part: those of the lowest hashes where the task has a bound.
func (t official) used(lines []line) []line {
	if t.most == 0 || len(lines) <= t.most {
		return lines
	}
	byHash := sorted(lines, compareHashes)[:t.most]
	return sorted(byHash, comparePlaces)
}

// hold takes a tenth of each stratum out of lines.
func (t official) hold(lines []line) (kept, held []line, err error) {
	strata := map[string][]line{}
	for _, l := range lines {
		s, err := t.stratum(l)
		if err != nil {
			return nil, nil, err
		}
		strata[s] = append(strata[s], l)
	}
	out := map[int]bool{}
	for _, stratum := range strata {
		byHash := sorted(stratum, compareHashes)
		n := (len(byHash) + 5) / 10
		for n > 0 && n < len(byHash) && byHash[n].sum == byHash[n-1].sum {
			n++
		}
		for _, l := range byHash[:n] {
			out[l.place] = true
		}
	}
	for _, l := range lines {
		if out[l.place] {
			held = append(held, l)
		} else {
			kept = append(kept, l)
		}
	}
	return kept, held, nil
}

// stratum is the label of a line, or the whole part of its score; the few scores of 5 are among
// those from 4.
func (t official) stratum(l line) (string, error) {
	columns := strings.Split(l.text, "\t")
	at := t.label
	if at < 0 {
		at = len(columns) - 1
	}
	if at >= len(columns) {
		return "", fmt.Errorf("%s: example %d has no label", t.folder, l.place+1)
	}
	if !t.score {
		return columns[at], nil
	}
	v, err := strconv.ParseFloat(columns[at], 64)
	if err != nil || !(v >= 0 && v <= 5) {
		return "", fmt.Errorf("%s: example %d: score %q is not in [0, 5]", t.folder, l.place+1, columns[at])
	}
	return strconv.Itoa(min(int(v), 4)), nil
}

// counts tells how many lines each stratum has.
func (t official) counts(lines []line) string {
	n := map[string]int{}
	for _, l := range lines {
		s, _ := t.stratum(l) // hold has read it
		n[s]++
	}
	var list []string
	for s, c := range n {
		list = append(list, fmt.Sprintf("%s: %d", s, c))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func compareHashes(a, b line) int { return bytes.Compare(a.sum[:], b.sum[:]) }
func comparePlaces(a, b line) int { return cmp.Compare(a.place, b.place) }

func sorted(lines []line, compare func(a, b line) int) []line {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, compare)
	return lines
}

func join(head string, lines []line) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for _, l := range lines {
		b.WriteString(l.text + "\n")
	}
	return b.Bytes()
}
