"""glassnet: container networking without the magic.

========  ==================================================================================
netlink   bytes and values: the rtnetlink codec                                         pure
nft       text and values: the base ruleset, elements, listings                         pure
state     what was seen of a host                                                       pure
ops       operations: one kernel noun a file, four faces each                           pure
plan      what is wanted and what is there, made into ordered steps                     pure
lab       lab files, made into operations                                               pure
kernel    the only sockets, setns, libnftables handle and /proc/sys                     I/O
engine    carries plans out: executor, journal, recovery                                I/O
app       the use cases that the front ends call
cli       the command line
========  ==================================================================================
"""

__version__ = "0.1.0"
