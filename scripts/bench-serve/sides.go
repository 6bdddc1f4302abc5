package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/dylora/dylora/scripts/serving"
)

// side is a server with so many adapters.
type side struct {
	name     string
	adapters int
	exact    bool // answers have the bits of those that are expected
	command  []string
}

// bench is what all sides share.
type bench struct {
	*options
	dir     string   // of what is made here
	folders []string // of adapters
	asks    []serving.Ask
	answers map[serving.Ask]serving.Answer
}

// prepare writes the adapters, draws the texts and computes the answers.
func prepare(ctx context.Context, o *options, dir string) (*bench, error) {
	model, err := filepath.Abs(o.model)
	if err != nil {
		return nil, err
	}
	o.model = model
	b := &bench{options: o, dir: dir}
	if b.folders, err = serving.Random(dir, o.model, o.seed, 4, 8, 16, 32); err != nil {
		return nil, err
	}
	texts, err := serving.Texts(o.texts)
	if err != nil || len(texts) == 0 {
		return nil, fmt.Errorf("no texts in %s: %w", o.texts, err)
	}
	random := rand.New(rand.NewPCG(o.seed, 2))
	adapters := map[string]string{}
	for i, folder := range b.folders {
		adapters[name(i)] = folder
	}
	var asks []serving.Ask
	for i := range o.requests {
		text := texts[random.IntN(len(texts))]
		b.asks = append(b.asks, serving.Ask{Text: text, Adapter: name(i % len(b.folders))})
		asks = append(asks, b.asks[i], serving.Ask{Text: text, Adapter: name(0)})
	}
	b.answers, err = serving.Answers(ctx, o.model, adapters, asks)
	return b, err
}

func name(i int) string { return fmt.Sprintf("a%d", i+1) }

// sides are those that are measured, peers beside ours with as many adapters.
func (b *bench) sides() (list []side) {
	all := len(b.folders)
	for _, s := range []side{{name: "dylora", adapters: 1, exact: true}, {name: "transformers", adapters: 1}, {name: "dylora", adapters: all, exact: true}, {name: "peft", adapters: all}} {
		if !strings.Contains(b.options.sides, s.name) {
			continue
		}
		s.command = []string{b.dylora, "serve", "--listen", "ADDRESS", "--model", b.model}
		if s.name != "dylora" {
			s.command = []string{b.python, b.peer, "--model", b.model, "--port", "PORT", "--max-batch", fmt.Sprint(b.maxBatch)}
		}
		if s.name == "transformers" {
			s.command = append(s.command, "--merge")
		}
		for i, folder := range b.folders[:s.adapters] {
			s.command = append(s.command, name(i)+"="+folder)
		}
		list = append(list, s)
	}
	return list
}

// questions are n of the asks from the first-th, for a side.
func (b *bench) questions(s side, first, n int) (list []serving.Question) {
	off := 2e-3 // of other arithmetic
	if s.exact {
		off = 0
	}
	for i := range n {
		a := b.asks[(first+i)%len(b.asks)]
		if s.adapters == 1 {
			a.Adapter = name(0)
		}
		want := b.answers[a]
		list = append(list, serving.Question{Body: a.Body(), Check: func(body []byte) error { return want.Check(body, off) }})
	}
	return list
}

// stop ends a server. uvicorn ends by the signal that it got, dylora with exit code 0.
func (s side) stop(p *serving.Process) error {
	if err := p.Stop(syscall.SIGTERM); err != nil && s.name == "dylora" {
		return fmt.Errorf("the end of %s: %w: %s", s.name, err, p.Said())
	}
	return nil
}

// environment keeps dylora's packed weights with the rest of what is made here.
func (b *bench) environment() []string {
	return []string{"XDG_CACHE_HOME=" + filepath.Join(b.dir, "cache"), "HF_HUB_OFFLINE=1"}
}

// start starts a side and lets it answer some questions.
func (b *bench) start(ctx context.Context, s side) (*serving.Process, error) {
	p, err := serving.Start(ctx, b.environment(), s.command...)
	if err != nil {
		return nil, err
	}
	serving.Load{Connections: b.connections}.Ask(ctx, p.Address, b.questions(s, 0, min(200, b.requests)))
	return p, nil
}
