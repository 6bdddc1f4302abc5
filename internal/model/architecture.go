package model

import (
	"fmt"
	"strings"

	"github.com/dylora/dylora/internal/model/architecture"
)

// typeFault is what is wrong with a model_type; empty if it can be loaded.
func typeFault(name string) string {
	if architecture.Of(name) != nil {
		return ""
	}
	why := architecture.WhyNot(name)
	if why != "" {
		why = ": " + why
	}
	return fmt.Sprintf("model_type %q is not supported%s: use a model of type %s", name, why, strings.Join(architecture.Types(), ", "))
}

// architecture is the encoder's: what its tensors are called and how they are joined.
func (c *Config) architecture() *architecture.Architecture { return architecture.Of(c.ModelType) }

// Class is the name of the encoder with a classification head in Transformers.
func (c *Config) Class() string { return c.architecture().Class }

// positionOffset is the row of the first token's position.
func (c *Config) positionOffset() int {
	if c.architecture().AfterPad {
		return c.PadToken + 1
	}
	return 0
}

// embeddingWidth is the number of columns of the embeddings.
func (c *Config) embeddingWidth() int {
	if c.EmbeddingSize > 0 {
		return c.EmbeddingSize
	}
	return c.HiddenSize
}

// widens says whether a linear map stands between the embeddings and the first layer.
func (c *Config) widens() bool {
	return c.architecture().EmbeddingMap != "" && c.embeddingWidth() != c.HiddenSize
}

// headNames are the tensors of the head: each layer's weight and bias.
func (c *Config) headNames() []string { return c.architecture().HeadTensors() }
