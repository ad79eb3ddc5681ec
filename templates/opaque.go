package templates

import (
	"errors"
	"slices"
	"text/template/parse"
)

// opaque walks a parsed template and finds uses of personal values other than
// printing: a condition, a function's argument, a variable. An issue is
// rendered once for many readers, so a template cannot know whom it is for.
type opaque struct {
	tree     *parse.Tree
	printing bool // whether they may be printed
}

// checkOpaque allows to print personal values where printing is true, and
// nothing else.
func checkOpaque(tree *parse.Tree, printing bool) error {
	if tree == nil || tree.Root == nil {
		return nil
	}
	return opaque{tree, printing}.list(tree.Root)
}

func (o opaque) list(list *parse.ListNode) error {
	if list == nil {
		return nil
	}
	for _, n := range list.Nodes {
		if err := o.node(n); err != nil {
			return err
		}
	}
	return nil
}

func (o opaque) node(n parse.Node) error {
	switch n := n.(type) {
	case *parse.ActionNode:
		if o.printing && prints(n.Pipe) {
			return nil
		}
		return o.pipe(n.Pipe)
	case *parse.IfNode:
		return o.branch(&n.BranchNode)
	case *parse.WithNode:
		return o.branch(&n.BranchNode)
	case *parse.RangeNode:
		return o.branch(&n.BranchNode)
	case *parse.TemplateNode:
		return o.pipe(n.Pipe)
	}
	return nil
}

func (o opaque) branch(n *parse.BranchNode) error {
	if err := o.pipe(n.Pipe); err != nil {
		return err
	}
	if err := o.list(n.List); err != nil {
		return err
	}
	return o.list(n.ElseList)
}

func (o opaque) pipe(p *parse.PipeNode) error {
	if p == nil || !mentions(p) {
		return nil
	}
	message := "." + Opaque + " differs from reader to reader and is filled in last: it can be printed, " +
		"{{." + Opaque + ".Name \"friend\"}}, but not compared, stored or given to a function"
	if !o.printing {
		message = "." + Opaque + " cannot stand here: a subject is the same for every reader"
	}
	where, _ := o.tree.ErrorContext(p)
	return place(o.tree.ParseName, errors.New("template: "+where+": "+message), nil)
}

// prints tells whether a pipeline does nothing but print a personal value:
// {{.Reader.Name "friend"}}.
func prints(p *parse.PipeNode) bool {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 || !personal(p.Cmds[0].Args[0]) {
		return false
	}
	for _, arg := range p.Cmds[0].Args[1:] {
		if mentions(arg) {
			return false
		}
	}
	return true
}

// personal tells whether a node is a chain of fields such as .Reader.Name,
// $.Reader.Name or .Frame.Reader.Name.
func personal(n parse.Node) bool {
	switch n := n.(type) {
	case *parse.FieldNode:
		return slices.Contains(n.Ident, Opaque)
	case *parse.VariableNode:
		return slices.Contains(n.Ident, Opaque)
	case *parse.ChainNode:
		return slices.Contains(n.Field, Opaque) || mentions(n.Node)
	}
	return false
}

// mentions tells whether a personal value stands anywhere in a node.
func mentions(n parse.Node) bool {
	switch n := n.(type) {
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			if mentions(c) {
				return true
			}
		}
	case *parse.CommandNode:
		for _, arg := range n.Args {
			if mentions(arg) {
				return true
			}
		}
	default:
		return personal(n)
	}
	return false
}
