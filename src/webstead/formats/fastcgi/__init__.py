"""formats/fastcgi"""
