"""Network configurations: lists, single ones, and what is appended to a list from elsewhere.

An error names the file and the place in it: ``/etc/cni/net.d/10-a.conflist: $.plugins[1]: …``.
The words after that are libcni's where it has any. Like libcni, and unlike the plugins, this reads
keys as they are written: one in other letters is said to be that.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from glassnet.cni import version as versions
from glassnet.cni.call import check_network
from glassnet.cni.conf import NOT_JSON, Conf, members, shown
from glassnet.cni.error import DECODING_FAILURE, INCOMPATIBLE_VERSION, INVALID_CONFIG, CniError

_LIST: Final = "error parsing configuration list"
_SINGLE: Final = "error parsing configuration"


class PluginConf(msgspec.Struct, frozen=True):
    """One plugin's object: its ``type``, what it is able to, and ``text``, as it is written.

    ``place`` is where it is written, for errors.
    """

    type: str
    text: bytes
    capabilities: tuple[str, ...] = ()
    place: str = "$"

    @property
    def conf(self) -> Conf:
        """The object, to be read."""
        return Conf(msgspec.json.decode(self.text), self.place)


class Conflist(msgspec.Struct, frozen=True):
    """A network: its plugins, in the order of ADD.

    ``version`` is the newest that is offered and known here; ``offered`` are all of those, oldest
    first. ``text`` is the whole as JSON, with what was appended and what was upconverted.
    """

    name: str
    version: str
    plugins: tuple[PluginConf, ...]
    text: bytes
    file: str = ""
    offered: tuple[str, ...] = ()
    disable_check: bool = False
    disable_gc: bool = False
    inlined_only: bool = False

    @property
    def capabilities(self) -> tuple[str, ...]:
        """All that its plugins are able to, sorted."""
        return tuple(sorted({one for plugin in self.plugins for one in plugin.capabilities}))

    def with_appended(self, extra: tuple[PluginConf, ...]) -> Conflist:
        """The same with plugin objects from elsewhere behind its own (SPEC, section 1)."""
        if not extra:
            return self
        plugins = (*self.plugins, *extra)
        written = members(self.text)
        written["plugins"] = msgspec.Raw(
            msgspec.json.encode([msgspec.Raw(plugin.text) for plugin in plugins])
        )
        text = msgspec.json.encode(written)
        return msgspec.structs.replace(self, plugins=plugins, text=text)

    def whole(self) -> Conflist:
        """Itself, if it has a plugin; `CniError` (7) if not."""
        if not self.plugins:
            raise _error(self.file, "$.plugins", "no plugin configs found")
        return self


def parse(text: str | bytes, file: str = "") -> Conflist:
    """A configuration, list or single: a list has ``plugins``. Raises `CniError`."""
    data = _data(text)
    conf = _document(data, file)
    is_single = not conf.exact("plugins") and bool(conf.exact("type"))
    return parse_single(data, file) if is_single else parse_list(data, file).whole()


def parse_list(text: str | bytes, file: str = "") -> Conflist:
    """A list, which may have no plugins of its own yet. Raises `CniError`."""
    data = _data(text)
    conf = _document(data, file)
    offered = _versions(conf)
    plugins, inlined_only = _key(conf, "plugins"), _key(conf, "loadOnlyInlinedPlugins").loose_flag()
    if not plugins and inlined_only:
        raise conf.error(f"{_LIST}: `loadOnlyInlinedPlugins` is true, and no 'plugins' key")
    if plugins and not plugins.items():
        raise plugins.error(f"{_LIST}: no plugins in list", "at least one plugin")
    written = _elements(members(data)["plugins"]) if plugins else []
    return Conflist(
        name=_name(conf, f"{_LIST}: no name"),
        version=offered[-1],
        plugins=tuple(
            _plugin(one, bytes(raw), _LIST)
            for one, raw in zip(plugins.items(), written, strict=True)
        ),
        text=data,
        file=file,
        offered=offered,
        disable_check=_key(conf, "disableCheck").loose_flag(),
        disable_gc=_key(conf, "disableGC").loose_flag(),
        inlined_only=inlined_only,
    )


def parse_single(text: str | bytes, file: str = "") -> Conflist:
    """A configuration of one plugin, upconverted: a list of that plugin. Raises `CniError`."""
    data = _data(text)
    conf = _document(data, file)
    if conf.exact("plugins") and not conf.exact("type"):
        raise conf.error(
            f"{_SINGLE}: missing 'type'; it has \"plugins\"", "the file of a list is *.conflist"
        )
    plugin = _plugin(conf, data, _SINGLE)
    offered = _versions(conf)
    name = _name(conf, f"{_SINGLE}: no name")
    whole = {"cniVersion": offered[-1], "name": name, "plugins": [msgspec.Raw(data)]}
    return Conflist(
        name=name,
        version=offered[-1],
        plugins=(plugin,),
        text=msgspec.json.encode(whole),
        file=file,
        offered=offered,
        inlined_only=True,
    )


def parse_fragment(text: str | bytes, file: str = "") -> PluginConf:
    """A plugin object from a file of its own. Raises `CniError`."""
    data = _data(text)
    return _plugin(_document(data, file), data, _SINGLE)


def of(value: dict[str, Any]) -> Conflist:
    """A configuration from a dictionary. Raises `CniError`."""
    return parse(msgspec.json.encode(value))


# Parts.


def _data(text: str | bytes) -> bytes:
    return text.encode(errors="surrogatepass") if isinstance(text, str) else text


def _document(data: bytes, file: str) -> Conf:
    try:
        value: Any = msgspec.json.decode(data)
    except NOT_JSON as error:
        problem = f"{_LIST}: {error}{_where(data, error)}"
        raise _error(file, "$", problem, DECODING_FAILURE) from None
    if not isinstance(value, dict):
        raise _error(file, "$", f"{_LIST}: expected an object, found {shown(value)}")
    return Conf(value, _place(file, "$"))


def _where(data: bytes, error: Exception) -> str:
    """The line and column of msgspec's ``(byte 12)``; nothing where it gives none."""
    _, found, rest = str(error).rpartition("(byte ")
    if not found:
        return ""
    before = data[: int(rest.rstrip(")"))]
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    return f", line {line}, column {column}"


def _place(file: str, path: str) -> str:
    return f"{file}: {path}" if file else path


def _error(file: str, path: str, problem: str, code: int = INVALID_CONFIG) -> CniError:
    return CniError(code, f"{_place(file, path)}: {problem}")


def _key(conf: Conf, name: str) -> Conf:
    """What is under a key; an error if it is there in other letters only, so that it has no effect.

    A runtime on libcni would pass it over.
    """
    found = conf.exact(name)
    if not found and conf.get(name):
        written = next(key for key in conf.value if key != name and key.lower() == name.lower())
        raise conf.error(f'"{written}" is read by no runtime', f'write "{name}"')
    return found


def _name(conf: Conf, missing: str) -> str:
    name = _key(conf, "name")
    if not name or not name.text():
        raise conf.error(missing, '"name": "…"')
    try:
        check_network(name.text())
    except CniError as error:
        raise name.error(error.message, error.details) from None
    return name.text()


def _versions(conf: Conf) -> tuple[str, ...]:
    """What is offered and known here, oldest first: of ``cniVersions`` and ``cniVersion``."""
    single, several = _key(conf, "cniVersion"), _key(conf, "cniVersions")
    said = [one for one in (*several.items(), single) if one and one.text()]
    texts = [_canonical(one) for one in said] or [versions.UNSAID]
    known = sorted({one for one in texts if one in versions.ALL}, key=versions.parse)
    if not known:
        listed = " ".join(f'"{one}"' for one in texts)
        place = single if single else several
        raise place.error(
            "incompatible CNI versions",
            f"config is {listed}, glassnet supports {versions.ALL[0]} to {versions.NEWEST}",
            INCOMPATIBLE_VERSION,
        )
    return tuple(known)


def _canonical(conf: Conf) -> str:
    """``0.4`` is 0.4.0."""
    try:
        return ".".join(str(number) for number in versions.parse(conf.text()))
    except CniError as error:
        raise conf.error(error.message, error.details, error.code) from None


def _elements(text: msgspec.Raw) -> list[msgspec.Raw]:
    return msgspec.json.decode(text, type=list[msgspec.Raw])


def _plugin(conf: Conf, text: bytes, words: str) -> PluginConf:
    type_ = _key(conf, "type")
    if not type_ or not type_.text():
        raise conf.error(f"{words}: missing 'type'", '"type": the plugin\'s file name')
    if "/" in type_.text() or type_.text() in {".", ".."}:
        raise type_.error(f"invalid plugin name: {type_.text()}", "a file name without /")
    capabilities = _key(conf, "capabilities").keys()
    able = tuple(name for name, conf in capabilities if conf.flag())
    return PluginConf(type_.text(), text, able, conf.path)
