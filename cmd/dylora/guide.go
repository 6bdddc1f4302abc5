package main

import (
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
)

// sections are the headings under which help lists the commands.
func sections() []flagset.Section {
	return []flagset.Section{
		{Title: "Train", Commands: []string{"train", "nest", "plan", "run", "runs", "track"}},
		{Title: "Measure", Commands: []string{"eval", "sweep", "compare", "check", "bench"}},
		{Title: "Use", Commands: []string{"predict", "serve", "slice", "merge", "export-base"}},
		{Title: "Data and models", Commands: []string{"data", "fetch", "inspect", "cache"}},
	}
}

// purposes are the commands for what people call otherwise.
func purposes() map[string]string {
	return map[string]string{
		"finetune": "train", "fine-tune": "train", "fit": "train", "resume": "train", "test": "eval", "score": "eval", "classify": "predict", "infer": "predict", "label": "predict", "server": "serve", "api": "serve", "http": "serve",
		"download": "fetch", "pull": "fetch", "export": "merge", "cut": "slice", "truncate": "slice", "ls": "runs", "list": "runs", "show": "inspect", "info": "inspect", "verify": "check",
	}
}

// completions are the values that a shell completes and only the folders here have.
func completions() flagset.Completions {
	return flagset.Completions{Runs: session.RunFolders, Ranks: session.RanksToAsk}
}
