package answers

import "parley/answers/markup"

func para(s string) markup.Block   { return markup.Para(s) }
func item(s string) markup.Block   { return markup.Item(s) }
func bold(s string) markup.Block   { return markup.Styled(s, markup.Bold) }
func italic(s string) markup.Block { return markup.Styled(s, markup.Italic) }
