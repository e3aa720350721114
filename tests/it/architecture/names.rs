//! Collects all names of modules, types and functions in the code of a module, each as a path from the root of a crate.
//!
//! The reader reads `use` trees, paths, and the tokens in macros and attributes. It skips only code that is compiled
//! for tests. The module must not know any rule.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, File, ImplItem, Item, Macro, Meta, Stmt, TraitItem, UseTree};

use super::modules::{Module, attributes, is_for_tests};

/// A name in the code, and the module that contains it.
pub struct Name {
    here: Vec<String>,
    pub path: Vec<String>,
    /// The name that a `use` gives it.
    alias: Option<String>,
}

/// Returns the names in the product code of a file. The file is the module `here`.
pub fn of_file(file: &File, here: &[String]) -> Vec<Name> {
    let mut reader = Reader { here: here.to_vec(), names: Vec::new() };
    reader.visit_file(file);
    reader.names
}

/// Returns the names in an item.
pub fn of_item(item: &Item, here: &[String]) -> Vec<Name> {
    let mut reader = Reader { here: here.to_vec(), names: Vec::new() };
    reader.visit_item(item);
    reader.names
}

/// The last part of a `use` of all names of a module.
const ALL: &str = "*";

struct Reader {
    here: Vec<String>,
    names: Vec<Name>,
}

impl Reader {
    fn add(&mut self, path: Vec<String>, alias: Option<String>) {
        if path.len() > 1 || alias.is_some() {
            self.names.push(Name { here: self.here.clone(), path, alias });
        }
    }

    fn use_tree(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &dyn ToString| {
            let name = name.to_string();
            if name == "self" && !before.is_empty() { before.to_vec() } else { [before, &[name]].concat() }
        };
        match tree {
            UseTree::Path(path) => self.use_tree(&path.tree, &[before, &[path.ident.to_string()]].concat()),
            UseTree::Name(name) => {
                let path = with(&name.ident);
                let alias = path.last().cloned();
                self.add(path, alias);
            }
            UseTree::Rename(it) => self.add(with(&it.ident), Some(it.rename.to_string())),
            UseTree::Glob(_) => self.add(with(&ALL), Some(ALL.to_owned())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(tree, before)),
        }
    }

    /// Collects the paths in unparsed tokens. `before` is the path in front of a group of a `use` tree.
    fn tokens(&mut self, tokens: TokenStream, before: &[String]) {
        let (mut path, mut colons) = (Vec::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Punct(it) if it.as_char() == ':' => colons += 1,
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end(before, &mut path);
                    }
                    (colons, _) = (0, path.push(name.to_string()));
                }
                TokenTree::Group(group) => {
                    let tree = colons == 2 && group.delimiter() == Delimiter::Brace;
                    let inside = if tree { [before, &std::mem::take(&mut path)].concat() } else { Vec::new() };
                    self.end(before, &mut path);
                    (colons, _) = (0, self.tokens(group.stream(), &inside));
                }
                TokenTree::Punct(it) if it.as_char() == '*' && colons == 2 => {
                    path.push(ALL.to_owned());
                    self.end(before, &mut path);
                }
                TokenTree::Literal(text) => {
                    self.end(before, &mut path);
                    self.text(&text.to_string());
                }
                TokenTree::Punct(_) => self.end(before, &mut path),
            }
        }
        self.end(before, &mut path);
    }

    fn end(&mut self, before: &[String], path: &mut Vec<String>) {
        if !path.is_empty() {
            self.add([before, &std::mem::take(path)].concat(), None);
        }
    }

    /// Collects a path in a text: `#[serde(with = "crate::facts::time")]`.
    fn text(&mut self, literal: &str) {
        let inner = literal.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        if let Some(path) = inner.filter(|it| it.contains("::")).and_then(|it| syn::parse_str::<syn::Path>(it).ok()) {
            self.visit_path(&path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            return;
        }
        match item {
            Item::Use(it) => self.use_tree(&it.tree, &[]),
            Item::Mod(it) if it.content.is_some() => {
                self.here.push(it.ident.to_string());
                visit::visit_item(self, item);
                self.here.pop();
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(it) => &it.attrs,
            ImplItem::Fn(it) => &it.attrs,
            ImplItem::Type(it) => &it.attrs,
            ImplItem::Macro(it) => &it.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attributes: &[Attribute] = match item {
            TraitItem::Const(it) => &it.attrs,
            TraitItem::Fn(it) => &it.attrs,
            TraitItem::Type(it) => &it.attrs,
            TraitItem::Macro(it) => &it.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes: &[Attribute] = match statement {
            Stmt::Local(it) => &it.attrs,
            Stmt::Macro(it) => &it.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        if !is_for_tests(&variant.attrs) {
            visit::visit_variant(self, variant);
        }
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if !is_for_tests(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.add(path.segments.iter().map(|it| it.ident.to_string()).collect(), None);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone(), &[]);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.visit_path(attribute.path());
        match &attribute.meta {
            Meta::List(list) => self.tokens(list.tokens.clone(), &[]),
            Meta::NameValue(it) if !it.path.is_ident("doc") => visit::visit_expr(self, &it.value),
            _ => {}
        }
    }
}

/// The names that `use` brings into a module, each with its path.
type Scope = BTreeMap<String, Vec<Vec<String>>>;

/// The names in all modules, and the names that their `use` brings.
pub struct Names<'a> {
    modules: Vec<&'a Module>,
    scopes: BTreeMap<(&'a str, Vec<String>), Scope>,
}

impl<'a> Names<'a> {
    /// Collects the names in the product code of modules.
    pub fn of(modules: &'a [Module]) -> Self {
        let modules: Vec<&Module> = modules.iter().filter(|it| !it.test).collect();
        let mut scopes = BTreeMap::<_, Scope>::new();
        for module in &modules {
            scopes.entry((&*module.package, module.path.clone())).or_default();
            for name in &module.names {
                let scope = scopes.entry((&*module.package, name.here.clone())).or_default();
                if let Some(alias) = &name.alias {
                    scope.entry(alias.clone()).or_default().push(name.path.clone());
                }
            }
        }
        Self { modules, scopes }
    }

    /// Returns each name as a path that starts with the name of a crate, and the module that contains the name.
    pub fn all(&self) -> impl Iterator<Item = (&'a Module, Vec<String>)> {
        self.modules.iter().flat_map(move |module| {
            let paths = module
                .names
                .iter()
                .flat_map(move |name| self.absolute(&module.package, &name.here, &name.path, name.alias.is_some(), 0));
            paths.map(move |path| (*module, path))
        })
    }

    /// Returns the possible meanings of a path, as paths from the root of a crate. There are several when blocks use a
    /// name differently.
    fn absolute(&self, package: &str, here: &[String], path: &[String], used: bool, depth: usize) -> Vec<Vec<String>> {
        let Some((first, rest)) = path.split_first() else { return Vec::new() };
        let of_crate = |module: &[String], rest: &[String]| {
            let whole = [module, rest].concat();
            self.through_root(package, &whole, depth)
        };
        match first.as_str() {
            "crate" => of_crate(&[], rest),
            "self" => of_crate(here, rest),
            "super" => {
                let ups = path.iter().take_while(|it| *it == "super").count();
                of_crate(&here[..here.len().saturating_sub(ups)], &path[ups..])
            }
            _ if depth > 8 => Vec::new(),
            _ if self.is_module(package, &[here, std::slice::from_ref(first)].concat()) => of_crate(here, path),
            _ => {
                let meant = self.meanings(package, here, first, used && rest.is_empty(), depth);
                if meant.is_empty() {
                    return vec![path.to_vec()];
                }
                let whole = meant.into_iter().map(|it| [&it[..], rest].concat());
                whole.collect()
            }
        }
    }

    fn is_module(&self, package: &str, path: &[String]) -> bool {
        self.scopes.contains_key(&(package, path.to_vec()))
    }

    /// Returns the paths that a name stands for by `use`, in a module or in modules from which it takes all names.
    fn meanings(&self, package: &str, here: &[String], name: &str, itself: bool, depth: usize) -> Vec<Vec<String>> {
        let Some(scope) = self.scopes.get(&(package, here.to_vec())) else { return Vec::new() };
        let mut found = Vec::new();
        for target in scope.get(name).into_iter().flatten() {
            // `use jiff;` stands for itself.
            let same = itself || target.first().is_some_and(|it| it == name);
            found.extend(if same {
                vec![target.clone()]
            } else {
                self.absolute(package, here, target, true, depth + 1)
            });
        }
        if found.is_empty() {
            for target in scope.get(ALL).into_iter().flatten() {
                let from = self.absolute(package, here, &target[..target.len() - 1], true, depth + 1);
                for module in from {
                    let (of, inside) = module.split_first().unwrap();
                    if of == package && depth < 8 && inside != here {
                        found.extend(self.meanings(package, inside, name, false, depth + 1));
                    }
                }
            }
        }
        found
    }

    /// Returns the meanings of a path below the root. The root may re-export names: `pub use attestry_core::facts`.
    fn through_root(&self, package: &str, path: &[String], depth: usize) -> Vec<Vec<String>> {
        let own = || vec![[&[package.to_owned()], path].concat()];
        let Some(first) = path.first() else { return own() };
        if depth > 8 || self.is_module(package, std::slice::from_ref(first)) {
            return own();
        }
        let meant = self.meanings(package, &[], first, false, depth + 1);
        if meant.is_empty() { own() } else { meant.into_iter().map(|it| [&it[..], &path[1..]].concat()).collect() }
    }
}
