package adapter

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/card"
	"github.com/dylora/dylora/internal/fault"
)

// cardOf is the model card of a, whose provenance is p.
func cardOf(a *Adapter, p *Provenance) *card.Card {
	c := &card.Card{
		Task: p.Task, Labels: p.Labels, Regression: p.Regression, MultiLabel: p.MultiLabel, Threshold: p.Threshold, Model: p.Model, HubModel: p.HubModel,
		Rank: a.Rank, RankMin: p.RankMin, RankMax: p.RankMax, CutFrom: p.CutFrom, Nested: p.Nested, Version: p.Version,
	}
	c.Data, c.LastEpoch, c.BuiltIn = p.cardData(), p.Training["best"] == "last", !p.HubModel && p.Model == builtIn
	if !p.HubModel {
		c.Model = filepath.Base(p.Model) // a path says more of a machine than of a model
	}
	c.Settings = [][2]string{{"alpha", fmt.Sprint(a.Alpha)}}
	if a.Scaling != Paper {
		c.Settings = append(c.Settings, [2]string{"scaling", fmt.Sprintf("%v: %s", a.Scaling, a.ScaleText())})
	}
	c.Settings = append(c.Settings, [][2]string{
		{"targets", strings.Join(p.Targets, ", ")},
		{"ranks drawn", fmt.Sprintf("%d to %d, %s", p.RankMin, p.RankMax, p.Sampler)},
		{"rows updated", p.Update},
		{"tokens per sequence", strconv.Itoa(p.MaxLength)},
		{"seed", strconv.FormatUint(p.Seed, 10)},
		{"taken after", fmt.Sprintf("epoch %d, step %d", p.Epoch, p.Step)},
	}...)
	if p.Nested != "" && p.Step == 0 { // trained elsewhere
		c.Settings = c.Settings[:len(c.Settings)-2]
	}
	if p.InitTask != "" {
		c.Settings = append(c.Settings, [2]string{"started from an adapter for", p.InitTask})
	}
	c.Settings = append(c.Settings, p.Data.card()...)
	for _, key := range slices.Sorted(maps.Keys(p.Training)) {
		c.Settings = append(c.Settings, [2]string{strings.ReplaceAll(key, "_", " "), p.Training[key]})
	}
	c.Results = results(a.Rank, p)
	return c
}

// builtIn is the name of the base model that the program carries.
const builtIn = "mini"

// cardData is the description of the data in the card.
func (p *Provenance) cardData() card.Data {
	d := card.Data{TrainExamples: p.Examples["train"], DevExamples: p.Examples["dev"]}
	if p.Data == nil {
		return d
	}
	names := func(files []DataFile) string {
		var list []string
		for _, f := range files {
			list = append(list, f.Name)
		}
		return strings.Join(list, ", ")
	}
	d.Train, d.Dev = names(p.Data.Train), names(p.Data.Dev)
	if share := p.Data.DevShare; share > 0 {
		d.Dev = fmt.Sprintf("%v %% of %s, drawn with seed %d", 100*share, d.Train, p.Data.DevSeed)
		d.Train = "the rest of " + d.Train
	}
	return d
}

// CardSettings are the settings of training that the model card of an adapter lists, by name
// and value; none without a provenance.
func CardSettings(a *Adapter, p *Provenance) [][2]string {
	if p == nil {
		return nil
	}
	return cardOf(a, p).Settings
}

// results are the metrics by rank, for ranks up to most; a metric that is undefined
// somewhere is left out.
func results(most int, p *Provenance) (list []card.Result) {
	shared := map[string]int{}
	for r := 1; r <= most; r++ {
		m, ok := p.Metrics[strconv.Itoa(r)]
		if !ok {
			continue
		}
		result := card.Result{Rank: r}
		for _, name := range slices.Sorted(maps.Keys(m)) {
			shared[name]++
			metric := card.Metric{Name: name, Value: m[name]}
			if interval, ok := p.Intervals[strconv.Itoa(r)][name]; ok {
				metric.Interval = &card.Interval{Low: interval[0], High: interval[1], Confidence: IntervalConfidence}
			}
			result.Metrics = append(result.Metrics, metric)
		}
		list = append(list, result)
	}
	for i := range list {
		list[i].Metrics = slices.DeleteFunc(list[i].Metrics, func(m card.Metric) bool { return shared[m.Name] < len(list) })
	}
	return slices.DeleteFunc(list, func(r card.Result) bool { return len(r.Metrics) == 0 })
}

// checkCard refuses to replace a card that somebody has written or changed.
func checkCard(dir string) error {
	path := filepath.Join(dir, card.FileName)
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() && info.Size() <= maxJSON {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if card.Untouched(b) {
			return nil
		}
	}
	return fault.Usagef("%s holds %s that dylora did not write or that was changed since; move it away, or give another folder", dir, card.FileName)
}
