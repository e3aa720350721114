//! Finds the modules of our crates as the compiler does: from the root of a crate along `mod`, with the parsed code.
//!
//! The `cfg` of a module marks code that is compiled for tests only. The file name does not matter. The module must not
//! know any rule.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, File, Item, Lit, Meta, Token, Type};

use super::names::{self, Name};

/// One file of a crate, with the data that the rules need.
pub struct Module {
    /// The path of the file below the repository.
    pub file: String,
    /// The name of the crate in code.
    pub package: String,
    /// The path of the module in its crate. It is empty for the root.
    pub path: Vec<String>,
    /// Whether the file is compiled for tests only.
    pub test: bool,
    /// The first line of the file.
    pub begin: String,
    /// The lines that are neither comments nor compiled for tests only.
    pub code: String,
    /// The number of lines of the file, including comments, without lines that are compiled for tests only.
    pub lines: usize,
    /// The names in its product code.
    pub names: Vec<Name>,
    /// The traits that its types implement, with one entry for each type. `KIND` is added when the module has one.
    pub implemented: Vec<String>,
    /// The modules in the list `ALL`, or in the macro that writes the list, with one entry for each item.
    pub listed: Vec<String>,
}

impl Module {
    fn new(file: &Path, package: &str, path: Vec<String>, test: bool, text: &str, parsed: &File) -> Self {
        let mut tests = TestLines(BTreeSet::new());
        tests.visit_file(parsed);
        let product = text.lines().enumerate().filter(|(at, _)| !tests.0.contains(&(at + 1))).map(|(_, line)| line);
        let mut items: Vec<&Item> = Vec::new();
        items.extend(parsed.items.iter().filter(|item| !is_for_tests(attributes(item))));
        let all = items.iter().copied().find(|item| matches!(item, Item::Const(it) if it.ident == "ALL"));
        let all = all.map(|item| names::of_item(item, &path)).unwrap_or_default();
        let mut listed: Vec<String> = all.into_iter().map(|name| name.path[0].clone()).collect();
        listed.extend(items.iter().flat_map(|item| in_macro(item)));
        Self {
            file: below(file),
            package: package.to_owned(),
            test,
            begin: text.lines().next().unwrap_or_default().to_owned(),
            code: product.clone().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n"),
            lines: product.count(),
            names: names::of_file(parsed, &path),
            implemented: items.into_iter().filter_map(implemented).collect(),
            listed,
            path,
        }
    }
}

/// Returns the modules in `kinds! { … }` and `probes! { … }`.
fn in_macro(item: &Item) -> Vec<String> {
    match item {
        Item::Macro(it) if it.mac.path.is_ident("kinds") || it.mac.path.is_ident("probes") => {
            it.mac.tokens.clone().into_iter().map(|it| it.to_string()).filter(|it| it != ",").collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the trait that an item implements for one type. Blanket implementations do not count.
fn implemented(item: &Item) -> Option<String> {
    let it = match item {
        Item::Impl(it) => it,
        Item::Const(it) if it.ident == "KIND" => return Some("KIND".into()),
        Item::Static(it) if it.ident == "KIND" => return Some("KIND".into()),
        _ => return None,
    };
    let (_, of, _) = it.trait_.as_ref()?;
    let Type::Path(to) = &*it.self_ty else { return None };
    let generic = it.generics.type_params().any(|parameter| to.path.is_ident(&parameter.ident));
    (!generic).then(|| of.segments.last().unwrap().ident.to_string())
}

struct TestLines(BTreeSet<usize>);

impl<'ast> Visit<'ast> for TestLines {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            self.0.extend(item.span().start().line..=item.span().end().line);
        } else {
            visit::visit_item(self, item);
        }
    }
}

/// Returns the folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns all files below a folder that end in `.rs`.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}

/// Returns a path relative to the repository.
pub fn below(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// Returns the folders of the packages: the root and `crates/*`.
pub fn packages() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.join("Cargo.toml").exists());
    all.sort();
    all.insert(0, root().to_owned());
    all
}

/// Returns the modules of all packages.
pub fn modules() -> Vec<Module> {
    let mut all = Vec::new();
    for folder in packages() {
        let name = if folder == root() { "attestry".into() } else { folder.file_name().unwrap().to_string_lossy() };
        for (file, package) in [("src/lib.rs", name.replace('-', "_")), ("src/main.rs", format!("{name} (program)"))] {
            if folder.join(file).exists() {
                walk(&folder.join(file), &package, Vec::new(), false, &mut all);
            }
        }
    }
    all
}

fn walk(file: &Path, package: &str, path: Vec<String>, test: bool, all: &mut Vec<Module>) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let stem = file.file_stem().unwrap().to_string_lossy();
    let folder = file.parent().unwrap();
    // The root of a crate and `mod.rs` have their modules beside them. Other files have them in the folder with their
    // name.
    let own = if path.is_empty() || stem == "mod" { folder.to_owned() } else { folder.join(&*stem) };
    declared(&parsed.items, (folder, &own), package, &path, test, all);
    all.push(Module::new(file, package, path, test, &text, &parsed));
}

/// Returns the file that `#[path = "…"]` names.
fn moved(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(it) if it.path.is_ident("path") => match &it.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// Walks the modules that items declare. The first folder contains the file, and the second one contains its modules.
fn declared(
    items: &[Item],
    folders: (&Path, &Path),
    package: &str,
    path: &[String],
    test: bool,
    all: &mut Vec<Module>,
) {
    let (beside, folder) = folders;
    for item in items {
        let Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        let test = test || is_for_tests(&module.attrs);
        let inner = [path, std::slice::from_ref(&name)].concat();
        match &module.content {
            Some((_, items)) => declared(items, (folder, &folder.join(&name)), package, &inner, test, all),
            None => {
                let named = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
                let file = moved(&module.attrs).map(|it| beside.join(it)).or(named.into_iter().find(|it| it.exists()));
                walk(&file.unwrap_or_else(|| panic!("{package}: no file has {name}")), package, inner, test, all);
            }
        }
    }
}

/// Returns whether a `cfg` among the attributes holds in tests only.
pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    let condition = |it: &Attribute| it.parse_args::<Meta>().unwrap();
    attributes.iter().filter(|it| it.path().is_ident("cfg")).any(|it| needs_test(&condition(it)))
}

fn needs_test(condition: &Meta) -> bool {
    let parts = |list: &syn::MetaList| list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap();
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => parts(list).iter().any(needs_test),
        Meta::List(list) if list.path.is_ident("any") => parts(list).iter().all(needs_test),
        _ => false,
    }
}

/// Returns the attributes of an item.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::ExternCrate(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::ForeignMod(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::TraitAlias(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// Examples of `cfg`. This file must treat them as the compiler does.
#[test]
fn a_cfg_is_for_tests_only_where_it_needs_them() {
    let item = |text: &str| syn::parse_str::<Item>(&format!("#[cfg({text})] fn f() {{}}")).unwrap();
    let needs = |text| is_for_tests(attributes(&item(text)));
    assert!(needs("test") && needs("all(unix, test)") && needs("any(test, all(test, unix))"));
    assert!(
        !needs("not(test)") && !needs("any(test, unix)") && !needs("feature = \"test\"") && !needs("all(not(test))")
    );
}
