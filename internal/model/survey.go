package model

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/decision"
)

// Survey reads what the weights of a model folder say of themselves, and no tensor: it refuses
// what Load refuses for the tensors' names and shapes, and adds to o.Log what Load adds. Pickles
// are read whole. config is that of the folder; dir is its path for messages.
func Survey(fsys fs.FS, dir string, config *Config, o LoadOptions) error {
	c, err := openCheckpoint(fsys, dir, config, o)
	if err != nil {
		return err
	}
	return errors.Join(c.unchanged(), c.close())
}

// openCheckpoint opens the weights and holds their tensors against the configuration. The
// caller closes them.
func openCheckpoint(fsys fs.FS, dir string, config *Config, o LoadOptions) (*checkpoint, error) {
	c, err := readCheckpoint(fsys, dir, o.AllowPickle)
	if err != nil {
		return nil, err
	}
	stored := len(c.tensors)
	c.plainNames(config.architecture())
	err = c.replace(config, o.Replace)
	if err == nil && o.InitMissing {
		c.made, err = c.initMissing(config, o.Seed)
	}
	if err == nil {
		err = c.check(config)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	c.report(config, stored, o.Log)
	return c, nil
}

// report adds what the tensors settle to a log: stored is how many there are.
func (c *checkpoint) report(config *Config, stored int, log *decision.Log) {
	if log == nil {
		return
	}
	where := path.Base(c.path)
	files := where
	if n := len(c.shards); n > 1 {
		files = fmt.Sprintf("%d files", n)
	}
	log.Add("weights", fmt.Sprintf("%d tensors, %s", stored, c.dtypes(config)), files, "computed in float32 or the precision that is set, whatever they are stored in")
	c.reportHead(config, where, log)
	if pooler := config.architecture().Pooler; pooler != "" {
		value := "found"
		switch {
		case c.made != nil:
			value = "made from the seed"
		case c.replaced[pooler+".weight"]:
			value = "the adapter's"
		}
		log.Add("pooler", value, where+": "+pooler, "the head reads the first token through it")
	}
	if left := c.left(config); len(left) > 0 {
		log.Add("left tensors", strings.Join(left, ", "), where, "neither this encoder nor its head for classification has them: heads of other tasks, buffers")
	}
}

// dtypes names the types that the encoder's tensors are stored in.
func (c *checkpoint) dtypes(config *Config) string {
	types := map[string]bool{}
	for _, s := range config.shapes() {
		types[c.tensors[s.name].DType] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(types)), " and ")
}

// reportHead says whether there is a head, and of how many outputs.
func (c *checkpoint) reportHead(config *Config, where string, log *decision.Log) {
	names := config.headNames()
	last := names[len(names)-1]
	for _, name := range names {
		if _, ok := c.tensors[name]; !ok {
			log.Add("head", "none", where, "there is no "+name+": an adapter brings its own, training begins with a new one")
			return
		}
	}
	outputs := 0
	if dims := c.tensors[last].Shape; len(dims) == 1 {
		outputs = dims[0]
	}
	log.Add("head", fmt.Sprintf("%d outputs", outputs), where+": "+last, "used where neither the adapter has one nor the task wants another number")
}

// left lists the tensors that are not used, those of one layer or head under its first name,
// with how many there are.
func (c *checkpoint) left(config *Config) (list []string) {
	used := map[string]bool{}
	for _, s := range config.shapes() {
		used[s.name] = true
	}
	for _, name := range config.headNames() {
		used[name] = true
	}
	count := map[string]int{}
	for name := range c.tensors {
		if !used[name] {
			group, _, nested := strings.Cut(name, ".")
			if nested && !slices.Contains(buffers, name) {
				group += ".*"
			} else {
				group = name
			}
			count[group]++
		}
	}
	for _, group := range slices.Sorted(maps.Keys(count)) {
		if strings.HasSuffix(group, ".*") {
			group = fmt.Sprintf("%s (%d)", group, count[group])
		}
		list = append(list, group)
	}
	return list
}
