import os
import site
import sys

site.addsitedir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "vendor"))
sys.path.append(os.path.join(os.getcwd(), "extra"))
sys.path.insert(0, os.path.abspath(os.path.join(os.getcwd(), os.pardir, "common")))

import vend
import ext
import com


def run():
    return [vend.V, ext.E, com.C]
